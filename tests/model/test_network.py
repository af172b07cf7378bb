import numpy as np
import torch

from engine.models.config import NetworkConfig
from engine.models.network import RestorationNetwork, example_batch
from engine.preprocess import input_of, stack
from training.dataset import keep_leads
from training.restoration import tensors

TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)


def network() -> RestorationNetwork:
    torch.manual_seed(0)
    return RestorationNetwork(TINY).eval()


def test_masks_are_disjoint_and_hide_everything_once():
    starts = torch.tensor([[-20, 3, 500, 970] * 4])
    hidden, beats_hidden = network().masks(starts, torch.tensor([[7]]))
    assert (hidden.sum(dim=1) == 1).all()
    assert (beats_hidden.sum(dim=1) == 1).all()


def test_both_branches_hide_the_same_time():
    starts = torch.arange(16)[None] * 50 + 3
    hidden, beats_hidden = network().masks(starts, torch.tensor([[5]]))
    for beat in range(16):
        start = int(starts[0, beat])
        assert torch.equal(beats_hidden[0, :, beat], hidden[0, :, start : start + 80])


def test_nothing_hidden_reaches_what_is_restored():
    net = network()
    signal, valid, beats, beats_valid, starts = example_batch(1)
    rng = torch.Generator().manual_seed(1)
    signal, beats = (torch.randn(x.shape, generator=rng) for x in (signal, beats))
    hidden, beats_hidden = net.masks(starts, torch.zeros(1, 1, dtype=torch.long))
    h, bh = hidden[:, :1], beats_hidden[:, 0].unsqueeze(2)
    first = net.restore(signal, valid, h, beats, beats_valid, bh)
    other = net.restore(signal + 5 * h, valid, h, beats - 3 * bh, beats_valid, bh)
    for a, b in ((first[0].mean, other[0].mean), (first[1].mean, other[1].mean), (first[2], other[2])):
        torch.testing.assert_close(a, b)


def test_absent_leads_have_no_error_and_no_influence(ecg, judged):
    net = network()
    batch = stack([input_of(*judged(ecg(1)))])
    keep = np.arange(12)[None] != 4
    with torch.no_grad():
        silent = net(*tensors(keep_leads(batch, keep)))
        x = ecg(1)
        x[4] = np.nan
        absent = net(*tensors(keep_leads(stack([input_of(*judged(x))]), keep)))
    assert not silent.window_error[:, 4].any()
    torch.testing.assert_close(silent.window_error[:, :4], absent.window_error[:, :4])


def test_a_window_is_scored_alike_alone_and_in_a_batch(ecg, judged):
    net = network()
    inputs = [input_of(*judged(ecg(seed))) for seed in (1, 2)]
    with torch.no_grad():
        alone = net(*tensors(stack(inputs[:1])))
        together = net(*tensors(stack(inputs)))
    for one, both in zip(alone, together, strict=True):
        torch.testing.assert_close(one[0], both[0], rtol=1e-4, atol=1e-5)

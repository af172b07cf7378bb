import pytest
import zmq

from engine.errors import ConfigurationError
from monitor.endpoints import DATA, bind, check_endpoint, connect, data_socket


@pytest.fixture
def socket():
    context = zmq.Context()
    yield context.socket(zmq.PUB)
    context.destroy(linger=0)


@pytest.mark.parametrize(
    "endpoint",
    [DATA, "tcp://localhost:1", "tcp://[::1]:80", "tcp://127.0.0.2:*", "ipc:///tmp/x", "inproc://x"],
)
def test_this_machine_needs_no_permission(endpoint):
    assert check_endpoint(endpoint) == endpoint


@pytest.mark.parametrize(
    "endpoint", ["tcp://0.0.0.0:7310", "tcp://*:7310", "tcp://10.0.0.7:1", "tcp://host:1"]
)
def test_beyond_this_machine_only_with_insecure(endpoint):
    with pytest.raises(ConfigurationError, match="--insecure"):
        check_endpoint(endpoint)
    assert check_endpoint(endpoint, insecure=True) == endpoint


@pytest.mark.parametrize(
    "endpoint", ["", "7310", "127.0.0.1:7310", "tcp://127.0.0.1", "tcp://127.0.0.1:99999"]
)
def test_misspelt_endpoints_show_the_form(endpoint):
    with pytest.raises(ConfigurationError, match="tcp://HOST:PORT"):
        check_endpoint(endpoint)


def test_a_port_in_use_is_named(socket):
    endpoint = bind(socket, "tcp://127.0.0.1:0")
    assert not endpoint.endswith(":0")
    in_use = pytest.raises(ConfigurationError, match=f"{endpoint} is in use")
    with zmq.Context() as context, context.socket(zmq.PUB) as second, in_use:
        bind(second, endpoint)


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0"])
def test_connecting_needs_a_port(socket, endpoint):
    with pytest.raises(ConfigurationError, match="one port"):
        connect(socket, endpoint)


def test_the_data_socket_is_bounded():
    with zmq.Context() as context, data_socket(context) as socket:
        assert socket.getsockopt(zmq.RCVHWM) == 25
        assert 0 < socket.getsockopt(zmq.MAXMSGSIZE) < 2**23

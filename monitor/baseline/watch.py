"""The baseline of one bed, window by window."""

from collections.abc import Mapping
from typing import Any, Final

from engine.errors import ConfigurationError, ModelError
from engine.grid import FS_HZ, WINDOW_N
from engine.patient.baseline import PatientBaseline
from engine.patient.brief import NOTHING, Brief, OwnReading, extent, read_own
from engine.patient.plain import from_json, to_json
from engine.scoremap import ScoreMap
from monitor.baseline.drift import Drift
from monitor.baseline.note import Note, Recalled
from monitor.baseline.school import School
from monitor.baseline.settling import Settling
from monitor.baseline.status import BaselineStatus

AWAY_S: Final = 600.0
"""After so long without one assessed window nobody knows whose ECG this is: the baseline is let go."""

ACTIONS: Final = ("forget", "relearn")


class BaselineWatch:
    """Learns, adopts, compares, watches for drift; whatever it does leaves a note."""

    def __init__(
        self, model: str = "", recalled: Recalled | None = None, enabled: bool = True, bed: str = ""
    ) -> None:
        self._model = model
        self._bed = bed
        self._enabled = enabled
        self._recalled = recalled if enabled else None
        self._baseline: PatientBaseline | None = None
        self._school: School | None = School(bed=bed) if enabled else None
        self._drift, self._settling = Drift(), Settling()
        self._drifting = False
        self._patient = ""
        self._session_at: int | None = None
        self._seen_end: int | None = None
        self._notes: list[Note] = []
        self.status = self._told()

    @property
    def awaits_source(self) -> bool:
        """Whether the journal knows of a baseline, which is taken up once the patient is known (`recall`)."""
        return self._recalled is not None

    def brief(self, end_sample: int) -> Brief:
        """What is to be asked of a window that ends there; `judge` must be given it with the answer."""
        school = self._school
        if self._baseline is not None:
            return Brief(self._baseline)
        if not self._enabled or school is None or end_sample - WINDOW_N < school.begin_sample:
            return Brief()
        taught_upto = None if school.is_complete else school.taught_upto
        lessons = school.lessons if self.learns_at(end_sample) else None
        return Brief(None, taught_upto, lessons, self._model)

    def learns_at(self, end_sample: int) -> bool:
        """Whether a baseline is to be learned with a window that ends there."""
        return self._baseline is None and self._school is not None and self._school.is_ready_at(end_sample)

    def judge(
        self,
        score: ScoreMap,
        patient: str,
        now_ns: int,
        grave: bool = False,
        brief: Brief | None = None,
        own: OwnReading = NOTHING,
    ) -> ScoreMap:
        """Compare a window with what is usual, or learn from it; call once for every window, in order.

        While a grave alarm holds (`grave`) nothing is learned. Whoever read the window may have answered its
        `brief` already: `own` counts if that is what would still be asked. Otherwise the window is asked
        again; one that was read elsewhere cannot be, and keeps its score against all people.
        """
        self.recall(patient, now_ns)
        self._check_source(score.end_sample, patient)
        self._settling.skip()
        if not score.assessed or not self._enabled:
            self.status = self._told()
            return score
        self._check_absence(score.end_sample)
        self._patient, self._seen_end = patient or self._patient, score.end_sample
        try:
            if self._baseline is not None:
                return self._compare(self._baseline, score, brief, own)
            if self._school is not None:
                self._settling.against_all(score.end_sample, float(score.score))
            adopted = not grave and self._learn(score, brief, own)
        except Exception as error:  # odd beats: the window keeps its score against all people
            adopted = False
            self._drop("let go", f"it could not be used ({error}): learned anew", score.end_sample)
        self.status = self._told(adopted)
        return score

    def new_session(self, at_sample: int) -> None:
        """Note that the source ended or was replaced: what comes after this sample may be another patient."""
        self._session_at = at_sample

    def order(self, action: str, operator: str) -> None:
        """Let an operator forget the baseline for good, or have it learned anew."""
        if action not in ACTIONS:
            raise ConfigurationError(f"a baseline can be told {' or '.join(ACTIONS)}, not {action!r}")
        if not self._enabled:
            raise ConfigurationError("this core learns no baselines")
        self._recalled = None
        if action == "forget":
            self._drop("forgotten", f"by {operator}: judged against normal ECG until told to relearn", None)
        else:
            begin = self._seen_end or 0
            self._drop("relearning", f"by {operator}: judged against normal ECG meanwhile", begin)
        self.status = self._told()

    def take_notes(self) -> tuple[Note, ...]:
        """Hand over what happened since the last time."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def _compare(
        self,
        baseline: PatientBaseline,
        score: ScoreMap,
        brief: Brief | None,
        own: OwnReading,
    ) -> ScoreMap:
        if brief is None or brief.baseline is not baseline:
            own = read_own(Brief(baseline), score)
        comparison = _answered(own).comparison
        if comparison is None:
            self.status = self._told()
            return score
        self._drift.add(score.end_sample, comparison)
        self._settling.against_own(score.end_sample, comparison)
        drifting = self._drift.value >= (0.9 if self._drifting else 1.0)
        if drifting is not self._drifting:
            self._drifting = drifting
            words = f"the last ten minutes lie at {self._drift.value:.2f} of the bound from what was learned"
            self._note("drift" if drifting else "drift over", words)
        self.status = self._told()
        return baseline.judge(score, comparison)

    def _learn(self, score: ScoreMap, brief: Brief | None, own: OwnReading) -> bool:
        """Whether a baseline was adopted."""
        school = self._school
        if school is None or score.end_sample - WINDOW_N < school.begin_sample:
            return False
        if school.is_complete:
            school.wait(score.end_sample)
        else:
            if brief is None or brief.taught_upto is None:
                own = read_own(self.brief(score.end_sample), score)
            lesson = _answered(own).lesson
            if lesson is None:
                return False
            school.add(lesson.after(school.taught_upto))
        if not school.is_ready:
            return False
        if own.learned_from == extent(school.lessons):
            baseline = own.learned
        else:
            baseline = PatientBaseline.learn([kept.lesson for kept in school.lessons], self._model)
        if baseline is None:
            if not school.has_failed:
                self._note("not learned", "no usual beat in five minutes: judged against normal ECG")
            school.fail()
            return False
        self._adopt(baseline)
        self._note("learned", self._words(baseline), to_json(baseline))
        return True

    def _adopt(self, baseline: PatientBaseline) -> None:
        self._baseline, self._school = baseline, None
        self._measure_anew()

    def _drop(self, what: str, why: str, begin_sample: int | None) -> None:
        """Let go; learn anew from `begin_sample` on, or not at all."""
        self._baseline = None
        self._school = None if begin_sample is None else School(begin_sample, self._bed)
        self._measure_anew()
        self._note(what, why)

    def _measure_anew(self) -> None:
        """Forget what lasted or drifted: it was measured against something else."""
        self._drift, self._settling = Drift(), Settling()
        self._drifting = False

    def _check_source(self, end_sample: int, patient: str) -> None:
        """Another session keeps what was learned only if both name the same patient."""
        if patient and self._patient and patient != self._patient:
            self._let_go("the source names another patient", end_sample)
            self._patient, self._session_at = patient, None
        elif self._session_at is not None and end_sample > self._session_at:
            if not (patient and patient == self._patient):
                self._let_go("a new session of the source, which does not name the same patient", end_sample)
            self._session_at = None

    def _check_absence(self, end_sample: int) -> None:
        if self._seen_end is not None and end_sample - self._seen_end >= AWAY_S * FS_HZ:
            self._let_go(f"no ECG could be assessed for {AWAY_S / 60:.0f} min", end_sample - WINDOW_N)

    def _let_go(self, why: str, begin_sample: int) -> None:
        if self._baseline is not None:
            self._drop("let go", f"{why}: learned anew", begin_sample)
        elif self._school is not None:
            self._school = School(begin_sample, self._bed)
            self._measure_anew()
        self._seen_end = None

    def recall(self, patient: str, now_ns: int) -> None:
        """Take up what the journal knows, before the first window is asked anything."""
        recalled, self._recalled = self._recalled, None
        if recalled is None:
            return
        note = recalled.note
        if note.what == "forgotten":
            self._school = None
            return
        if note.baseline is None:
            return
        self._patient = note.patient
        away_s = (now_ns - recalled.seen_ns) / 1e9
        try:
            baseline = from_json(note.baseline)
        except ModelError as error:
            self._note("let go", str(error))
            return
        if not 0 <= away_s < AWAY_S:
            self._note("let go", f"the monitor was away for {away_s / 60:.0f} min: learned anew")
        elif baseline.model != self._model:
            self._note("let go", "it was learned with another model: learned anew")
        elif patient != note.patient:
            self._note("let go", "the source names another patient: learned anew")
        else:
            self._adopt(baseline)
            self._note("restored", self._words(baseline))

    def _note(self, what: str, text: str, baseline: Mapping[str, Any] | None = None) -> None:
        self._notes.append(Note(what, text, self._patient, baseline))

    def _words(self, baseline: PatientBaseline) -> str:
        against = "normal ECG < 1" if baseline.population <= 1 else "normal ECG < 1: changes are watched"
        return (
            f"PATIENT BASELINE learned {baseline.learned_s / 60:.0f} min: "
            f"score {baseline.population:.2f} is usual here ({against})"
        )

    def _told(self, adopted: bool = False) -> BaselineStatus:
        if self._baseline is not None:
            return BaselineStatus(
                "learned",
                self._baseline.learned_s,
                round(self._baseline.population, 3),
                adopted,
                round(self._drift.value, 3),
                self._words(self._baseline),
                settled=self._settling.score,
            )
        if self._school is None:
            return BaselineStatus("off", text="no patient baseline: judged against normal ECG")
        done, learn_s = min(self._school.seconds, self._school.learn_s), self._school.learn_s
        text = f"learning what is usual here: {done:.0f} of {learn_s:.0f} s"
        return BaselineStatus(
            "learning", done, text=text, beginning=self._settling.beginning, settled=self._settling.score
        )


def _answered(own: OwnReading) -> OwnReading:
    """The answer; ModelError with what the window failed at instead."""
    if own.failure is not None:
        raise ModelError(own.failure)
    return own

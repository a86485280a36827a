"""The P4Runtime service of one device, without gRPC.

Each method is an RPC: a request message in, the response's content out, `P4RuntimeError` where the
RPC fails. Requests are carried out one after the other, in any thread, which makes them strictly
serial (section "Parallelism of Read and Write Requests").

There are up to two pipelines: the one that packets run through, and one that VERIFY_AND_SAVE has
prepared. From then on writes and reads mean the prepared one, and COMMIT puts it in place with what
was written into it. RECONCILE_AND_COMMIT carries what was written over to the new pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import RLock

from finsy.proto import p4r

from softswitch.p4runtime.arbitration import Arbitration
from softswitch.p4runtime.batch import Atomicity, carry_out
from softswitch.p4runtime.forwarding import Forwarding, Wishes
from softswitch.p4runtime.idle import StandingClock, Timekeeper
from softswitch.p4runtime.reconcile import carry_over
from softswitch.p4runtime.role import EVERYTHING, Scope
from softswitch.p4runtime.status import Code, P4RuntimeError, batch_error, invalid

MAX_CONTROLLERS = 8
AS_BMV2 = Wishes()  # without options

_Set = p4r.SetForwardingPipelineConfigRequest
_Get = p4r.GetForwardingPipelineConfigRequest


class P4Runtime:
    """One device: its pipeline, its state, and who controls it."""

    def __init__(
        self,
        device_id: int,
        on_commit: Callable[[Forwarding], None],
        clock: Timekeeper | None = None,
        wishes: Wishes = AS_BMV2,
    ) -> None:
        """`on_commit` brings packets to a new pipeline; when it returns the old one is freed.

        Without a clock no entry becomes idle.
        """
        self.device_id = device_id
        self.arbitration = Arbitration(device_id, MAX_CONTROLLERS)
        self.lock = RLock()
        self._on_commit = on_commit
        self._clock = clock or StandingClock()
        self._wishes = wishes
        self._active: Forwarding | None = None
        self._saved: Forwarding | None = None

    @property
    def forwarding(self) -> Forwarding | None:
        """The pipeline that packets run through."""
        return self._active

    def close(self) -> None:
        """Free all pipelines; packets must have stopped."""
        for forwarding in (self._active, self._saved):
            if forwarding is not None:
                forwarding.close()
        self._active = self._saved = None

    # -- SetForwardingPipelineConfig, GetForwardingPipelineConfig --------------------------------

    def set_pipeline_request(self, request: _Set) -> None:
        """The RPC: only a primary may, of a role that is allowed to."""
        with self.lock:
            if not self._require_primary(request).can_push_pipeline:
                raise P4RuntimeError(
                    Code.PERMISSION_DENIED, f"role {request.role!r} may not set the pipeline"
                )
            config = request.config if request.HasField("config") else None
            self.set_pipeline(request.action, config)

    def set_pipeline(
        self, action: _Set.Action.ValueType, config: p4r.ForwardingPipelineConfig | None
    ) -> None:
        """Verify, save or put in place a pipeline."""
        with self.lock:
            match action:
                case _Set.VERIFY:
                    self._build(config).close()
                case _Set.VERIFY_AND_SAVE:
                    self._save(self._build(config))
                case _Set.VERIFY_AND_COMMIT:
                    self._commit(self._build(config))
                case _Set.COMMIT:
                    self._commit_saved(config)
                case _Set.RECONCILE_AND_COMMIT:
                    self._reconcile(self._build(config))
                case _:
                    raise invalid("the request has no action")

    def get_pipeline_request(self, request: _Get) -> p4r.ForwardingPipelineConfig | None:
        """The RPC: anybody may."""
        self._require_device(request.device_id)
        return self.get_pipeline(request.response_type)

    def get_pipeline(
        self, response_type: _Get.ResponseType.ValueType
    ) -> p4r.ForwardingPipelineConfig | None:
        """What was set last, or the part of it that is asked for; None before the first."""
        with self.lock:
            current = self._current
        if current is None:
            return None
        config, answer = current.config, p4r.ForwardingPipelineConfig()
        if config.HasField("cookie"):
            answer.cookie.CopyFrom(config.cookie)
        if response_type in (_Get.ALL, _Get.P4INFO_AND_COOKIE):
            answer.p4info.CopyFrom(config.p4info)
        if response_type in (_Get.ALL, _Get.DEVICE_CONFIG_AND_COOKIE):
            answer.p4_device_config = config.p4_device_config
        return answer

    def _build(self, config: p4r.ForwardingPipelineConfig | None) -> Forwarding:
        if config is None:
            raise invalid("the request has no config")
        return Forwarding(config, self._clock, self._wishes)

    def _save(self, forwarding: Forwarding) -> None:
        if self._saved is not None:
            self._saved.close()
        self._saved = forwarding

    def _commit(self, forwarding: Forwarding) -> None:
        old = self._active
        self._on_commit(forwarding)
        self._active = forwarding
        if old is not None:
            old.close()
        if self._saved not in (None, forwarding):
            self._saved.close()
        self._saved = None

    def _commit_saved(self, config: p4r.ForwardingPipelineConfig | None) -> None:
        if config is not None:
            raise invalid("COMMIT takes no config, it commits the saved one")
        if self._saved is None:
            raise P4RuntimeError(Code.NOT_FOUND, "there is no saved pipeline to commit")
        self._commit(self._saved)

    def _reconcile(self, forwarding: Forwarding) -> None:
        current = self._current
        if current is not None:
            try:
                carry_over(current, forwarding)
            except P4RuntimeError as error:
                forwarding.close()
                raise invalid(f"the forwarding state does not fit: {error.message}") from error
        self._commit(forwarding)

    @property
    def _current(self) -> Forwarding | None:
        """The pipeline that requests mean."""
        return self._saved or self._active

    # -- Write, Read -----------------------------------------------------------------------------

    def write(self, request: p4r.WriteRequest) -> None:
        """The Write RPC: only a primary may."""
        with self.lock:
            scope = self._require_primary(request)
            carry_out(self._require_pipeline(), request, scope)

    def apply(
        self,
        updates: Sequence[p4r.Update],
        atomicity: Atomicity = p4r.WriteRequest.CONTINUE_ON_ERROR,
    ) -> None:
        """Carry out updates in their order; the error tells of each."""
        request = p4r.WriteRequest(updates=updates, atomicity=atomicity)
        with self.lock:
            carry_out(self._require_pipeline(), request, EVERYTHING)

    def read(self, request: p4r.ReadRequest) -> Iterator[p4r.Entity]:
        """The Read RPC; what could be read comes before the error."""
        self._require_device(request.device_id)
        with self.lock:
            scope = self.arbitration.scope(request.role)
        return filter(scope.has, self.select(request.entities))

    def select(self, requests: Iterable[p4r.Entity]) -> Iterator[p4r.Entity]:
        """All entities that the requests select, as of one moment."""
        found: list[p4r.Entity] = []
        with self.lock:
            forwarding = self._require_pipeline()
            failures = [_attempt_read(forwarding, request, found) for request in requests]
        yield from found
        if any(failures):
            raise batch_error("reads", failures)

    # -- checks ----------------------------------------------------------------------------------

    def _require_primary(self, request: p4r.WriteRequest | _Set) -> Scope:
        """In the order of section "Write RPC": device, role, election id."""
        self._require_device(request.device_id)
        if request.role_id:
            raise P4RuntimeError(
                Code.NOT_FOUND, f"no role {request.role_id} here: roles go by name"
            )
        election_id = request.election_id if request.HasField("election_id") else None
        return self.arbitration.require_primary(request.role, election_id)

    def _require_device(self, device_id: int) -> None:
        if device_id != self.device_id:
            raise P4RuntimeError(
                Code.NOT_FOUND, f"no device {device_id} here, this is device {self.device_id}"
            )

    def _require_pipeline(self) -> Forwarding:
        current = self._current
        if current is None:
            raise P4RuntimeError(Code.FAILED_PRECONDITION, "no forwarding pipeline is set")
        return current


def _attempt_read(
    forwarding: Forwarding, request: p4r.Entity, found: list[p4r.Entity]
) -> P4RuntimeError | None:
    try:
        found.extend(forwarding.read(request))
    except P4RuntimeError as error:
        return error
    return None

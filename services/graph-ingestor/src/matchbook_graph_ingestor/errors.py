"""What ends a sweep early."""

from matchbook_graph_ingestor.domain.failures import Failure


class SweepFailed(Exception):  # noqa: N818 - an outcome that the sweep reports, not a programming error
    """A sweep can't go on; `failure` is what to tell."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason, failure.detail)
        self.failure = failure


class DeviceGone(Exception):  # noqa: N818
    """Microsoft Graph answered 404 for a device's id."""


class PageExpired(SweepFailed):
    """Microsoft Graph knows the place in a list no more; the list can be read from its beginning."""


class SweepTaken(Exception):  # noqa: N818
    """Another process has the sweep now."""

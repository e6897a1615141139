"""The gateway, as the commands call it: over REST, with errors told to a person."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import httpx

from cli.problems import Problem, Unreachable

BUSY = (429, 503)
LONGEST_PAUSE = 30.0
# On a stream the gateway says something every 15 seconds.
LONGEST_SILENCE = 45.0


class Refused(Problem):
    """The gateway answered with an error; `details` holds (field, message) pairs."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        """Tell all that the answer says."""
        self.status = status
        self.reason = str(error.get("reason") or error.get("code") or status)
        self.details = [(str(each.get("field", "")), str(each.get("message", ""))) for each in error.get("details", [])]
        lines = [f"{error.get('message', 'no message')} ({status} {self.reason})"]
        lines += [f"  {field}: {message}" for field, message in self.details]
        if status == httpx.codes.UNAUTHORIZED:
            lines.append("Say who you are: --user NAME on the machine where `cairn up` runs, or --token (CAIRN_TOKEN).")
        elif status >= httpx.codes.INTERNAL_SERVER_ERROR and error.get("requestId"):
            lines.append(f"The server's log has more under request {error['requestId']}.")
        super().__init__("\n".join(lines))


class Gateway:
    """Calls with one credential. To be closed, or used as a context manager."""

    def __init__(self, url: str, headers: Mapping[str, str], seconds: float = 30.0) -> None:
        """`headers` carry the credential."""
        self._url = url
        # No proxy from the environment: the gateway is on this machine or in the same network.
        self._client = httpx.Client(base_url=url, headers=dict(headers), timeout=seconds, trust_env=False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._client.close()

    def call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The body of a good answer, empty for one without; raises Refused or Unreachable."""
        return _told(self._send(method, path, **request))

    def text(self, method: str, path: str, **request: Any) -> str:
        """A good answer that is a file of text; raises Refused or Unreachable."""
        answer = self._send(method, path, **request)
        if not answer.is_success:
            raise Refused(answer.status_code, _error(answer))
        return answer.text

    def chunks(self, method: str, path: str, **request: Any) -> Iterator[bytes]:
        """A good answer that is a file, piece by piece as it comes; raises Refused or Unreachable."""
        try:
            with self._client.stream(method, path, **request) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Refused(answer.status_code, _error(answer))
                yield from answer.iter_bytes()
        except httpx.HTTPError as error:
            raise Unreachable(f"What comes from {self._url} broke off ({type(error).__name__}).") from error

    def call_patiently(
        self, method: str, path: str, *, say: Callable[[str], None], tries: int = 8, **request: Any
    ) -> dict[str, Any]:
        """The same, trying again while the other side is busy or away, after the pause that it asks for."""
        for attempt in range(1, tries):
            try:
                answer = self._send(method, path, **request)
            except Unreachable:
                pause = min(0.25 * 2**attempt, LONGEST_PAUSE)
            else:
                if answer.status_code not in BUSY:
                    return _told(answer)
                pause = _pause(answer)
            say(f"the gateway is busy or away; trying again in {pause:g} s")
            time.sleep(pause)
        return self.call(method, path, **request)

    def lines(self, method: str, path: str, **request: Any) -> Iterator[dict[str, Any]]:
        """The objects of a stream, as they come, for as long as it lasts; raises Refused or Unreachable."""
        headers = {"Accept": "application/x-ndjson"}
        try:
            with self._client.stream(method, path, headers=headers, timeout=LONGEST_SILENCE, **request) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Refused(answer.status_code, _error(answer))
                yield from (json.loads(line) for line in answer.iter_lines() if line.strip())
        except httpx.ReadTimeout as error:
            silence = f"Nothing was heard for {LONGEST_SILENCE:g} seconds"
            raise Unreachable(f"{silence} on the stream from {self._url}: the connection is dead.") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"The stream from {self._url} broke off ({type(error).__name__}).") from error

    def listed(self, path: str, params: Mapping[str, Any], limit: int) -> tuple[list[dict[str, Any]], int]:
        """The first `limit` items of a list, and how many it has in all."""
        items: list[dict[str, Any]] = []
        paging: dict[str, Any] = {}
        while True:
            paging["pageSize"] = min(limit - len(items), 100)
            answer = self.call("GET", path, params={**params, **paging})
            items += [item["data"] for item in answer["data"]]
            page = answer.get("page", {})
            paging["pageToken"] = page.get("nextPageToken")
            if not paging["pageToken"] or len(items) >= limit:
                return items, int(page.get("totalSize") or len(items))

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Problem(f"{self._url!r} is no address of a gateway: {error}. See CAIRN_URL.") from error
        except httpx.HTTPError as error:
            raise Unreachable(
                f"Nothing answers at {self._url} ({type(error).__name__}). "
                "Start it with `cairn up`, or name another gateway with --url or CAIRN_URL."
            ) from error


def _told(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise Refused(answer.status_code, _error(answer))
    return dict(answer.json()) if answer.content else {}


def _error(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        error = None
    if isinstance(error, dict):
        return error
    return {"message": f"{answer.url} is no gateway of Cairn, or something stands before it"}


def _pause(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    seconds = float(asked) if re.fullmatch(r"[0-9]{1,6}", asked) else 1.0
    return min(max(seconds, 0.1), LONGEST_PAUSE)

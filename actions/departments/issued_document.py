"""Has the document issued that goes with an answer, before the answer is told."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace

from actions.departments.journal import Write
from actions.departments.result import CallFailed, OperationResult, Wanted
from nlu.turn import Document

Issue = Callable[[str, Wanted, str], Document]
"""(department, what is wanted, key) -> the document, once for each key.

Blocks until it is signed and in the log. Raises `CallFailed("document")`.
"""


async def with_document(
    result: OperationResult, write: Write, issue: Issue | None, within: float
) -> OperationResult:
    """The result with what it wants issued, in `within` seconds. Raises `CallFailed`.

    A document that comes later than that is not lost: asked again, it is the same one.
    """
    wanted = result.wanted
    if wanted is None:
        return result
    if issue is None:
        raise CallFailed("document", "nobody issues documents here")
    empty = sorted(label for label, value in wanted.values.items() if not value.strip())
    if empty:
        raise CallFailed("document", f"the answer has no {', '.join(empty)}")
    key = hashlib.sha256(f"{write.operation}\0{write.context.request_id}".encode()).hexdigest()
    work = asyncio.to_thread(issue, write.department, wanted, key)
    try:
        document = await asyncio.wait_for(work, within)
    except asyncio.TimeoutError:
        raise CallFailed("document", "it is not issued yet") from None
    return replace(result, document=document, wanted=None)

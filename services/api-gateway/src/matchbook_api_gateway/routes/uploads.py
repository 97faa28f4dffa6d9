"""Files on their way in: to a temporary file, never whole in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from matchbook_api_gateway.errors import invalid


@asynccontextmanager
async def uploaded_file(request: Request) -> AsyncIterator[BinaryIO | None]:
    """The form's part `file`; None when there is none. Raises the 422 problem for what is no form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise invalid("Send the file as multipart/form-data, in a part named `file`.")
    try:
        form = await request.form(max_files=1, max_fields=10)
    except MultiPartException as error:
        raise invalid(f"The form can't be read: {error.message}") from error
    try:
        part = form.get("file")
        yield part.file if isinstance(part, UploadFile) else None
    finally:
        await form.close()

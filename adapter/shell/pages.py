"""The pages we serve to browsers: each is written once, before anybody asks."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapter.core.handbook.web_pages import write_problem, write_problems, write_reference
from adapter.errors import PROBLEMS

# A page fetches nothing, runs nothing, and stands in nobody's frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "max-age=3600",
}


def page_routes(document: Mapping[str, Any]) -> list[Route]:
    """The doors of the pages: our API as the document has it, and a page behind the ``type`` of each problem."""
    pages = {"/docs": write_reference(document), "/problems": write_problems()}
    problems = {kind: HTMLResponse(write_problem(kind), headers=HEADERS) for kind in PROBLEMS}

    async def show_problem(request: Request) -> Response:
        page = problems.get(request.path_params["name"])
        if page is None:
            raise HTTPException(404)
        return page

    return [
        *(_route(path, HTMLResponse(page, headers=HEADERS)) for path, page in pages.items()),
        Route("/problems/{name}", show_problem, methods=["GET"]),
    ]


def _route(path: str, page: Response) -> Route:
    async def show(_request: Request) -> Response:
        return page

    return Route(path, show, methods=["GET"])

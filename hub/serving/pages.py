"""The web server of one hub."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from hub.serving.patient_http import PatientHttp
from hub.settings import Settings
from hub.sources.webhook import App


@asynccontextmanager
async def serve_pages(app: App, settings: Settings) -> AsyncIterator[int]:
    """Serve the application; the port it listens on. Signals are the command's business."""
    listener = socket.create_server((settings.http_host, settings.http_port), backlog=512)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
        http=PatientHttp,
        proxy_headers=False,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    serving = asyncio.create_task(server.main_loop())
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        await server.shutdown(sockets=[listener])

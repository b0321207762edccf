# Nachtwacht as a container: `nachtwacht serve`, with PostgreSQL elsewhere. See deploy/compose.yaml.

FROM python:3.12-slim AS build
WORKDIR /build
# The lock also names what tests and the demo need: all of it is fetched with its hashes checked,
# and from that, without a network, is installed what a hub asks for.
COPY requirements.lock ./
RUN pip download --no-cache-dir --only-binary=:all: --require-hashes -r requirements.lock -d /wheels
COPY pyproject.toml README.md LICENSE ./
COPY escalation escalation
COPY adapters adapters
COPY hub hub
COPY migrations migrations
COPY simulators simulators
RUN python -m venv /opt/nachtwacht \
    && /opt/nachtwacht/bin/pip install --no-cache-dir --no-index --find-links /wheels .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home nachtwacht \
    && install -d -o nachtwacht -g nachtwacht -m 0700 /var/lib/nachtwacht
COPY --from=build /opt/nachtwacht /opt/nachtwacht
ENV PATH=/opt/nachtwacht/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NACHTWACHT_DATA=/var/lib/nachtwacht \
    NACHTWACHT_HTTP_HOST=0.0.0.0 \
    NACHTWACHT_MQTT_HOST=0.0.0.0
USER nachtwacht
WORKDIR /var/lib/nachtwacht
EXPOSE 8300 1883 8883
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8300/health/live', timeout=4)"]
CMD ["nachtwacht", "serve"]

# The worker and every other `leadclock` command, as uid 10001, from the hashed locks.
# Nothing is written outside /tmp, so the root file system may be read-only.

FROM python:3.13.7-slim-bookworm AS build
WORKDIR /build
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /opt/builder \
    && /opt/builder/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt \
    && python -m venv /opt/leadclock \
    && /opt/leadclock/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY streams streams
RUN /opt/builder/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir dist . \
    && /opt/leadclock/bin/pip install --no-deps --no-index dist/leadclock-*.whl \
    && /opt/leadclock/bin/python -m compileall -q /opt/leadclock/lib

FROM python:3.13.7-slim-bookworm
# A volume that is first mounted on /run/leadclock becomes this user's.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin leadclock \
    && install --directory --owner=10001 --group=10001 /run/leadclock
COPY --from=build /opt/leadclock /opt/leadclock
ENV PATH=/opt/leadclock/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=2s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('LEADCLOCK_HTTP_PORT', '9464') + '/-/healthy', timeout=4)"]
ENTRYPOINT ["leadclock"]
CMD ["worker"]

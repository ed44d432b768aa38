# The session API, a Lambda function: docker build --platform linux/amd64 --provenance=false
# --file deployments/images/session-api.Dockerfile .   (Lambda takes no image with attestations beside it.)
FROM public.ecr.aws/lambda/python:3.13

RUN pip install --no-cache-dir boto3==1.44.5

COPY sandbox/__init__.py sandbox/
COPY sandbox/services sandbox/services

CMD ["sandbox.services.session_api.handler.handle"]

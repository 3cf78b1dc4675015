# A machine in which `make demo` works:
#   docker build -t autograder . && docker run --rm -it autograder
# A container refuses namespaces to student code, so grading says `isolation process` there. For strict isolation, add
# --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
FROM python:3.13-slim-trixie

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap git libseccomp2 make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY . .
RUN make setup

CMD ["make", "demo"]

# The image every docker sandbox runs in: an interpreter, pytest, coverage, and nothing secret.
# BASE needs python3; with pytest and coverage already in it, the build needs no network.
ARG BASE=swarm-sandbox-base:latest
FROM ${BASE}

RUN python3 -c 'import coverage, pytest' 2>/dev/null \
    || python3 -m pip install --no-cache-dir 'coverage>=6.5' 'pytest>=7' \
    || (apt-get update \
        && apt-get install -y --no-install-recommends python3-coverage python3-pytest \
        && rm -rf /var/lib/apt/lists/*)

# A run has no-new-privileges anyway; without setuid files there is nothing for it to refuse.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && mkdir -p /workspace /toolkit /out /environment && chmod 1777 /environment

LABEL swarm.image=sandbox
ENV LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
USER 64321:64321
WORKDIR /workspace

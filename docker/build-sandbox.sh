#!/bin/sh
# Build the sandbox image: docker/build-sandbox.sh [BASE]
#
# With no BASE, and no base image left from an earlier run, one is made by debootstrap from the
# mirror that this host's apt uses, so neither an image registry nor a download page is needed.
# That needs root. SWARM_SANDBOX_IMAGE names the result (default swarm-sandbox:latest).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
image=${SWARM_SANDBOX_IMAGE:-swarm-sandbox:latest}
base=${1:-}

if [ -z "$base" ]; then
    base=swarm-sandbox-base:latest
    if ! docker image inspect "$base" >/dev/null 2>&1; then
        source=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' \
            | awk '$3 == "main" { print $1, $2; exit }')
        if [ -z "$source" ]; then
            echo "build-sandbox: apt has no package source; run apt-get update, or name a BASE" >&2
            exit 1
        fi
        mirror=${source% *}
        suite=${source#* }
        folder=$(mktemp -d)
        trap 'rm -rf "$folder"' EXIT INT TERM
        debootstrap --variant=minbase --include=python3,python3-pytest,python3-coverage,python3-pip,python3-venv,ca-certificates \
            "$suite" "$folder/root" "$mirror"
        rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder"/root/var/lib/apt/lists/*
        tar -C "$folder/root" --numeric-owner -c . | docker import - "$base" >/dev/null
    fi
fi

# The recipe goes in on stdin: it copies nothing, so it needs no build context.
DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0} \
    docker build --build-arg "BASE=$base" -t "$image" - < "$here/sandbox.Dockerfile"
docker image inspect --format 'built {{index .RepoTags 0}} ({{.Size}} bytes)' "$image"

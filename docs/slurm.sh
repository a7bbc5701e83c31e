#!/usr/bin/env bash
# A part of the categories on each node of a SLURM cluster:  sbatch docs/slurm.sh
#
# Submit it from a clone on a file system that all nodes see, with a default remote that all nodes reach, after
# `dvc repro data/dvc.yaml:fetch && dvc push && git commit --all`. When the array is done, in that clone:
# `dvc repro --pull`: it takes over what the nodes pushed, and runs compare and register.
# When a task failed or ran out of time, submit the whole array again, since the count must stay: what was pushed is
# taken over.
#SBATCH --job-name=img2vox
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=12G
#SBATCH --time=08:00:00
#SBATCH --signal=B:TERM@180
set -euo pipefail

home=${SLURM_SUBMIT_DIR:?submit this script with sbatch}
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT

# Each task works in its own clone at the commit that was submitted; the environment is shared.
git clone --quiet "$home" "$clone"
[ ! -f "$home/.dvc/config.local" ] || cp "$home/.dvc/config.local" "$clone/.dvc/"
# shellcheck disable=SC1091
. "$home/.venv/bin/activate"
export PYTHONPATH=$clone/src
cd "$clone"

img2vox repro --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --pull --push &
# Out of time, SLURM asks first: the stage that runs is ended, and what is done is not lost on the next try.
trap 'kill -TERM $!' TERM
wait $! || wait $!

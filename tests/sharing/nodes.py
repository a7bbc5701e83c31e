"""A Ray cluster of two nodes of one core on this machine, until standard input ends; prints its address."""

import sys

from ray.cluster_utils import Cluster


def main():
    cluster = Cluster()
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20, memory=4 * 10**9, include_dashboard=False)
    sys.stdout.write(f"address {cluster.address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main()

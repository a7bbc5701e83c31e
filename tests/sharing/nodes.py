"""A Ray cluster of two nodes of one core on this machine, until standard input ends; prints its address."""

import sys

from ray.cluster_utils import Cluster


def main():
    cluster = Cluster()
    options = {"num_cpus": 1, "memory": 4 * 10**9, "object_store_memory": 100 * 2**20}
    for _ in range(2):
        cluster.add_node(wait=False, include_dashboard=False, include_log_monitor=False, **options)
    cluster.wait_for_nodes(timeout=300)
    sys.stdout.write(f"address {cluster.address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    for node in [*cluster.worker_nodes, cluster.head_node]:
        cluster.remove_node(node, allow_graceful=False)


if __name__ == "__main__":
    main()

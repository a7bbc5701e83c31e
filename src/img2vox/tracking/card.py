"""The model card of a registered network."""

from img2vox.tracking.entry import Entry


def model_card(entry: Entry, alias: str) -> str:
    """What a colleague should know before using a version, in Markdown.

    Args:
        entry: the network and its numbers.
        alias: under which the example loads it.
    """
    metrics, height, width = entry.metrics, *entry.image_size
    objects, test, baselines = metrics["objects"], metrics["test"], metrics["baselines"]
    low, high = test["iou_ci95"]
    real = test.get("real")
    on_real = f"On the {real['objects']} real ones alone {real['iou']:.3f}." if real else "None of them is a real one."
    side = entry.resolution
    synset = f" (synset {entry.synset})" if entry.synset else ""
    others = "objects of other kinds" if entry.is_joint else "other categories"
    return (
        f"**{entry.label}**{synset}: one gray picture to a {side} x {side} x {side} grid, "
        f"{metrics['convention']} convention, {entry.protocol} protocol; network `{entry.kind}`, "
        f"{metrics['parameters']:,} parameters, weights {entry.network_md5}.\n\n"
        f"**Data**: {objects['real']} real and {objects['parametric']} parametric objects; {objects['train']} trained "
        f"on, {objects['val']} for stopping and threshold, {objects['test']} tested.\n\n"
        f"**Test IoU** {test['iou']:.3f} (95 % interval {low:.3f} to {high:.3f}) at threshold "
        f"{metrics['threshold']:.2f}, {test['iou_at_0.5']:.3f} at 0.5. {on_real}\n\n"
        f"**Baselines** on the same objects: mean shape {baselines['mean_shape']:.3f}, nearest training picture "
        f"{baselines['nearest_image']:.3f}, nearest training shape {baselines['oracle_nearest']:.3f}.\n\n"
        "**Limits**: single objects on a plain background, seen from the elevation of its training pictures; "
        f"{others} get an answer too, which means nothing. An IoU says nothing across conventions.\n\n"
        f'**Load**: `mlflow.pyfunc.load_model("models:/{entry.model_name}@{alias}")`; '
        f"pictures (N, {height}, {width}, 1) uint8 in, occupancies (N, {side}, {side}, {side}, 1) "
        "float32 out, filled above the threshold."
    )

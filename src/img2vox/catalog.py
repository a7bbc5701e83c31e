"""The 55 categories of ShapeNetCore.v2: label, synset and number of objects."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """One category as ShapeNet names it.

    Attributes:
        label: the field's name for it, "trash bin".
        synset: WordNet offset, eight digits, always a string.
        objects: objects in ShapeNetCore.v2; the paper's table counts the same.
    """

    label: str
    synset: str
    objects: int

    @property
    def slug(self) -> str:
        """Name in paths, stages and the registry: "trash_bin"."""
        return self.label.replace(" ", "_")


# The label of 02992529 is "phone" in the paper (its Table 4) and "cellphone" in ShapeNet's own list;
# 04401088 is "telephone" in both.
CATEGORIES = tuple(
    Category(label, synset, objects)
    for label, synset, objects in (
        ("airplane", "02691156", 4045),
        ("trash bin", "02747177", 343),
        ("bag", "02773838", 83),
        ("basket", "02801938", 113),
        ("bathtub", "02808440", 856),
        ("bed", "02818832", 233),
        ("bench", "02828884", 1813),
        ("birdhouse", "02843684", 73),
        ("bookshelf", "02871439", 452),
        ("bottle", "02876657", 498),
        ("bowl", "02880940", 186),
        ("bus", "02924116", 939),
        ("cabinet", "02933112", 1571),
        ("camera", "02942699", 113),
        ("can", "02946921", 108),
        ("cap", "02954340", 56),
        ("car", "02958343", 3514),
        ("phone", "02992529", 831),
        ("chair", "03001627", 6778),
        ("clock", "03046257", 651),
        ("keyboard", "03085013", 65),
        ("dishwasher", "03207941", 93),
        ("display", "03211117", 1093),
        ("earphone", "03261776", 73),
        ("faucet", "03325088", 744),
        ("file cabinet", "03337140", 298),
        ("guitar", "03467517", 797),
        ("helmet", "03513137", 162),
        ("jar", "03593526", 596),
        ("knife", "03624134", 424),
        ("lamp", "03636649", 2318),
        ("laptop", "03642806", 460),
        ("loudspeaker", "03691459", 1597),
        ("mailbox", "03710193", 94),
        ("microphone", "03759954", 67),
        ("microwaves", "03761084", 152),
        ("motorbike", "03790512", 337),
        ("mug", "03797390", 214),
        ("piano", "03928116", 239),
        ("pillow", "03938244", 96),
        ("pistol", "03948459", 307),
        ("flowerpot", "03991062", 602),
        ("printer", "04004475", 166),
        ("remote", "04074963", 66),
        ("rifle", "04090263", 2373),
        ("rocket", "04099429", 85),
        ("skateboard", "04225987", 152),
        ("sofa", "04256520", 3173),
        ("stove", "04330267", 218),
        ("table", "04379243", 8436),
        ("telephone", "04401088", 1089),
        ("tower", "04460130", 133),
        ("train", "04468005", 389),
        ("watercraft", "04530566", 1939),
        ("washer", "04554684", 169),
    )
)

BY_SYNSET = {category.synset: category for category in CATEGORIES}
BY_SLUG = {category.slug: category for category in CATEGORIES}

# The paper's Table 3, in its order: the categories that got its high-capacity network.
PAPER_HIGH = ("table", "chair", "airplane", "sofa", "rifle", "lamp")
# Its Table 4 names twelve of the others, in this order.
PAPER_LOW = (
    *("watercraft", "bench", "loudspeaker", "cabinet", "display", "telephone"),
    *("bus", "bathtub", "phone", "guitar", "faucet", "clock"),
)

# The paper had all but the cars: "Found 54 categories" (Fig. 4), 48,958 objects (Table 1).
PAPER_OBJECTS = sum(category.objects for category in CATEGORIES if category.label != "car")

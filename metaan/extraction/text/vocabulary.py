"""Words that several readers of a text look for: whom it counts, and what is only planned."""

PEOPLE = (
    "patients|participants|subjects|people|persons|individuals|adults|children|infants|neonates|women|men|cases|deaths|"
    "events|patient|participant|subject|person|death|died"
)
#: People, and what else a trial counts.
COUNTED = rf"{PEOPLE}|attacks|eyes|episodes|procedures|cycles|pregnancies|limbs|knees|teeth|treatments|wounds|implants"
#: What is said of a number that a trial was planned with.
PLANNED = r"power(?:ed)?\b|detect\b|assum\w{2,4}|anticipat\w{2,3}|hypothesi[sz]ed"

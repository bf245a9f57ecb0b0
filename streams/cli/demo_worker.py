"""`leadclock worker`, as the demo starts it: patient with the embedded broker."""

from streams.cli import main
from streams.runtime.patience import be_patient

be_patient()
main(["worker"])

"""A simulated world for the shell: broker, group, network, clock and faults, all from a seed."""

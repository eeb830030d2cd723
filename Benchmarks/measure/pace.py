"""How thorough a run is: `--quick` tries that every benchmark works, and its figures mean nothing."""

quick = False


def scaled(full, small):
    return small if quick else full

import ArgumentParser

/// Of commands that move whoever is on a cell: pinned tenants make them fail, unless this is said.
struct PinnedOption: ParsableArguments {
    @Flag(help: "Move pinned tenants too.") var includePinned = false
}

import ControlPlane

/// By a name that Swift Testing has not taken.
typealias Expected = Expectation

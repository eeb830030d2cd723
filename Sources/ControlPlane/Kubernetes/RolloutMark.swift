import Kubernetes
import Registry

/// What a patch leaves at a StatefulSet, in the same write: which rollout has changed it last, under which claim.
///
/// It tells three things apart that look the same otherwise: a set that was not changed yet, one that was, and one that
/// somebody has set back since. And it fences: whoever finds a higher token of the same rollout is late.
struct RolloutMark: Sendable, Equatable, CustomStringConvertible {
    static let key = "control-plane.titan/rollout"

    var rollout: RolloutID
    var token: FencingToken

    init(_ rollout: RolloutID, _ token: FencingToken) {
        self.rollout = rollout
        self.token = token
    }

    init?(of set: StatefulSet) {
        guard let parts = set.annotations[Self.key]?.split(separator: "/"), parts.count == 2,
            let rollout = RolloutID(String(parts[0])), let token = Int64(parts[1])
        else { return nil }
        self.init(rollout, FencingToken(rawValue: token))
    }

    var description: String { "\(rollout.rawValue)/\(token.rawValue)" }
}

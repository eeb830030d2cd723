import HTTP
import Synchronization

/// Whose watch waits where, over all loops: an owner has one.
final class WatchOwners: Sendable {
    struct Place {
        var connection: Connection
        /// Which of the connection's watches.
        var watch: UInt64
    }

    private let places = Mutex<[String: Place]>([:])

    /// Returns where the owner's older watch waits, if it has one; that one is to be ended.
    func claim(_ owner: String, _ place: Place) -> Place? {
        places.withLock { $0.updateValue(place, forKey: owner) }
    }

    /// A watch that was superseded leaves its successor's place alone.
    func release(_ owner: String, _ connection: Connection, watch: UInt64) {
        places.withLock { places in
            guard let place = places[owner], place.connection === connection, place.watch == watch else {
                return
            }
            places[owner] = nil
        }
    }
}

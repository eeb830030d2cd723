import Foundation

/// The options' second source: `CONTROL_PLANE_LISTEN` for `--listen`, and so on. The command line wins.
enum Environment {
    static subscript(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment["CONTROL_PLANE_\(name)"], !value.isEmpty else {
            return nil
        }
        return value
    }
}

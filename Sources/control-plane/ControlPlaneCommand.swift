@main
struct ControlPlaneCommand {
    static func main() {}
}

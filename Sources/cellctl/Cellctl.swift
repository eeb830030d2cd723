@main
struct Cellctl {
    static func main() {}
}

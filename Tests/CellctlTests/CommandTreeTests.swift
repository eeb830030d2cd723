import ArgumentParser
import Glibc
import Testing

@testable import cellctl

@Suite struct CommandTreeTests {
    @Test("every command that operators rely on is there")
    func all() {
        #expect(
            Self.leaves(Cellctl.self) == [
                "cells list", "cells get", "cells put", "cells patch", "cells delete", "cells activate",
                "cells cordon",
                "cells uncordon", "cells drain", "cells undrain", "cells retire", "cells import",
                "tenants list", "tenants get", "tenants put", "tenants patch", "tenants delete",
                "tenants suspend", "tenants resume", "tenants move", "tenants explain",
                "tenants history", "tenants import", "tenants export", "zones list", "zones evacuate",
                "zones restore", "migrations create", "migrations list", "migrations get",
                "migrations tenants", "migrations wait", "migrations pause", "migrations resume",
                "migrations cancel", "migrations reverse", "operations list", "operations get",
                "operations wait", "operations pause", "operations resume", "operations cancel",
                "rebalance plan", "rebalance apply", "releases list", "releases get", "releases put",
                "releases delete", "rollouts create", "rollouts preview", "rollouts list", "rollouts get",
                "rollouts cells", "rollouts watch", "rollouts pause", "rollouts resume", "rollouts approve",
                "rollouts reject", "rollouts abort", "rollouts rollback", "rollouts retry", "backups list",
                "backups get", "backups create", "backups delete", "backups hold", "backups release",
                "backups verify", "backups verifications", "backups coverage", "backups prune",
                "backups import", "backups preset", "schedules list", "schedules get", "schedules put",
                "schedules patch", "schedules delete", "schedules pause", "schedules resume",
                "schedules trigger", "schedules next", "schedules missed", "restores create",
                "restores list", "restores get", "restores watch", "capacity",
                "policies get", "policies set",
                "policies patch", "routes get", "routes resolve",
                "routes table",
                "routes explain", "gateways list", "gateways get", "gateways delete", "convergence",
                "placement simulate", "apply", "changes revert", "events", "audit list", "audit verify",
                "webhooks list", "webhooks get", "webhooks put", "webhooks delete", "webhooks ping",
                "webhooks deliveries", "webhooks redeliver", "tokens list",
                "tokens create", "tokens revoke", "status", "completion",
            ])
    }

    @Test("docs/cellctl.md has an example of every command and every exit code")
    func documented() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = String(decoding: try InputFile.bytes(at: "/\(root)/docs/cellctl.md"), as: UTF8.self)
        let examples = page.split(separator: "\n").filter { $0.contains("cellctl ") }.joined(separator: "\n")
        for command in Self.leaves(Cellctl.self) {
            #expect(examples.contains("cellctl \(command)"), "no example of 'cellctl \(command)'")
        }
        for status in Ending.allCases { #expect(page.contains("| \(status.rawValue) | \(status.meaning) |")) }
        #expect(page.contains("| 130 | \(Ending.interrupted) |"))
    }

    @Test("an example in a help text fits on a line of 80 columns, so that it can be copied")
    func examples() {
        func discussions(_ command: any ParsableCommand.Type) -> [String] {
            [command.configuration.discussion] + command.configuration.subcommands.flatMap(discussions)
        }
        let lines = discussions(Cellctl.self).flatMap { $0.split(separator: "\n") }
        let examples = lines.filter { $0.hasPrefix("  cellctl ") }
        #expect(examples.count > 15)
        for example in examples { #expect(example.count <= 80, "\(example)") }
    }

    @Test("help and version are asked for and succeed; what is wrong on the command line ends with 2")
    func usage() {
        func run(_ arguments: String...) -> (Ending, Terminal) {
            let terminal = Terminal()
            return (Cellctl.execute(arguments, terminal.surroundings()), terminal)
        }
        let (status, terminal) = run("--help")
        #expect(status == .success)
        #expect(terminal.output.contains("EXIT CODES:"))
        #expect(run("--version").1.output == "\(Cellctl.version)\n")
        #expect(run("cells", "list", "--help").0 == .success)
        for wrong in [
            ["celsl"], ["cells", "list", "--limit", "0"], ["cells", "list", "-o", "xml"], ["cells", "get"],
            ["tenants", "history", "acme", "--limit", "0"],
            ["cells", "cordon", "c1", "--timeout", "1s"], ["convergence", "9", "--timeout", "1s"],
        ] {
            let terminal = Terminal()
            #expect(Cellctl.execute(wrong, terminal.surroundings()) == .usage)
            #expect(terminal.errors.hasPrefix("error: "))
            #expect(terminal.output == "")
        }
    }

    @Test("each shell has its completion script", arguments: [CompletionShell.bash, .zsh, .fish])
    func completion(shell: CompletionShell) {
        #expect(Cellctl.completionScript(for: shell).contains("uncordon"))
    }

    /// The commands that do something, as they are typed after `cellctl`.
    private static func leaves(_ command: any ParsableCommand.Type) -> [String] {
        command.configuration.subcommands.flatMap { child in
            let name = child._commandName
            let inner = leaves(child)
            return inner.isEmpty ? [name] : inner.map { "\(name) \($0)" }
        }
    }
}

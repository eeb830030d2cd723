import JSON
import Registry

/// Rows under titles, each column as wide as its widest text, without trailing spaces.
struct Table {
    let columns: [Column]

    func lines(_ rows: [JSONValue], now: Timestamp, paint: Paint) -> [String] {
        let texts = rows.map { row in columns.map { $0.text(of: row, now: now) } }
        let widths = columns.indices.map { index in
            texts.reduce(columns[index].title.count) { max($0, $1[index].count) }
        }
        let head = line(columns.map(\.title), widths)
        return [paint.heading(head)] + texts.map { line($0, widths) }
    }

    private func line(_ texts: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, text) in texts.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - text.count)
            let isLast = index == texts.count - 1
            line += columns[index].isNumber ? padding + text : isLast ? text : text + padding
            if !isLast { line += "  " }
        }
        return line
    }
}

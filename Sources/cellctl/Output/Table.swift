import JSON
import Registry

/// Rows under titles, each column as wide as its widest text, without trailing spaces.
struct Table {
    let columns: [Column]

    /// - Parameter alarm: the rows that must jump out.
    func lines(
        _ rows: [JSONValue], now: Timestamp, paint: Paint, alarm: (JSONValue) -> Bool = { _ in false }
    ) -> [String] {
        let texts = rows.map { row in columns.map { $0.text(of: row, now: now) } }
        let widths = columns.indices.map { index in
            texts.reduce(columns[index].title.count) { max($0, $1[index].count) }
        }
        let head = line(columns.map(\.title), widths)
        return [paint.heading(head)]
            + zip(rows, texts).map { row, texts in
                let line = line(texts, widths)
                return alarm(row) ? paint.bad(line) : line
            }
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

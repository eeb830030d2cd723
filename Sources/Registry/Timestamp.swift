/// An instant of the wall clock in milliseconds since 1970-01-01T00:00:00Z, as the store keeps it.
///
/// Shown as RFC 3339 in UTC with milliseconds. Years 0000 to 9999.
public struct Timestamp: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.rawValue < b.rawValue }

    public func advanced(byMilliseconds milliseconds: Int64) -> Timestamp {
        Timestamp(rawValue: rawValue + milliseconds)
    }

    public var description: String {
        let writable = Self.writableSeconds
        // Whatever is added to a time, it stays one that can be read back.
        let shown = min(max(rawValue, writable.lowerBound * 1000), writable.upperBound * 1000 + 999)
        let (days, inDay) = shown.flooredDivision(by: 86_400_000)
        let (year, month, day) = Self.civil(fromDays: days)
        let seconds = inDay / 1000
        // Shown once a write and once an item of a list: digits straight into the string's own storage.
        return String(unsafeUninitializedCapacity: 24) { text in
            var count = 0
            func append(_ number: Int64, width: Int, _ end: Unicode.Scalar) {
                var rest = number
                for place in (count..<count + width).reversed() {
                    text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                text[count + width] = UInt8(ascii: end)
                count += width + 1
            }
            append(year, width: 4, "-")
            append(month, width: 2, "-")
            append(day, width: 2, "T")
            append(seconds / 3600, width: 2, ":")
            append(seconds / 60 % 60, width: 2, ":")
            append(seconds % 60, width: 2, ".")
            append(inDay % 1000, width: 3, "Z")
            return count
        }
    }

    /// Reads RFC 3339 §5.6: a `T`, seconds, an optional fraction (cut to milliseconds), `Z` or an offset.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            (1...12).contains(month), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.days(year, month, day)
        guard day >= 1, Self.civil(fromDays: days) == (year, month, day) else { return nil }

        var rest = bytes[19...]
        var milliseconds: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, let value = Self.number((digits + [0x30, 0x30]).prefix(3)) else {
                return nil
            }
            milliseconds = value
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = Self.offsetSeconds(Array(rest)) else { return nil }
        let seconds = (days * 86_400 + hour * 3600 + minute * 60 + second) - offset
        guard Self.writableSeconds.contains(seconds) else { return nil }
        rawValue = seconds * 1000 + milliseconds
    }

    /// The years 0000 to 9999, which an offset can leave.
    private static let writableSeconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    private static func offsetSeconds(_ bytes: [UInt8]) -> Int64? {
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":"), let hours = number(bytes[1..<3]),
            let minutes = number(bytes[4..<6]),
            hours < 24, minutes < 60
        else { return nil }
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value
    }

    /// Howard Hinnant's days_from_civil: exact for the proleptic Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = y.flooredDivision(by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Year, month and day of a day counted from 1970-01-01: the other way.
    static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension Int64 {
    /// The quotient rounded down, and the remainder, which is never negative.
    func flooredDivision(by divisor: Int64) -> (Int64, Int64) {
        let remainder = ((self % divisor) + divisor) % divisor
        return ((self - remainder) / divisor, remainder)
    }
}

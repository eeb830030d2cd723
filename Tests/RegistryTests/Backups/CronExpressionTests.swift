import Testing

@testable import Registry

@Suite("Cron expressions")
struct CronExpressionTests {
    @Test(
        "what is taken is shown as it was given",
        arguments: [
            "0 2 * * *", "*/15 * * * *", "0 8-18/2 * * mon-fri", "5,35 0 1,15 JAN,jul *", "0 0 * * sat-sun",
            "0 0 * * 7", "0 0 29 2 *", "0 0 31 2 fri", "10/20 * ? * ?", "@daily", "@every 1h30m",
            "@every 24h",
            "0 0 1-31 * 0-6",
        ])
    func taken(_ text: String) throws {
        #expect(try CronExpression(text).description == text)
    }

    @Test("white space is of no account")
    func whiteSpace() throws {
        #expect(try CronExpression(" 0  2\t* * * ").description == "0 2 * * *")
    }

    @Test(
        "what is refused names the field, and what it may hold",
        arguments: [
            ("60 * * * *", "has '60' for the minute, which must be 0 to 59"),
            ("* 24 * * *", "has '24' for the hour, which must be 0 to 23"),
            ("* * 0 * *", "has '0' for the day of month, which must be 1 to 31"),
            ("* * * 13 *", "has '13' for the month, which must be 1 to 12 or jan to dec"),
            ("* * * * 8", "has '8' for the day of week, which must be 0 to 7 or sun to sat"),
            ("* * * * mo", "has 'mo' for the day of week, which must be 0 to 7 or sun to sat"),
            ("* jan * * *", "has 'jan' for the hour, which must be 0 to 23"),
            ("-1 * * * *", "has '' for the minute, which must be 0 to 59"),
            ("1,,2 * * * *", "has '' for the minute, which must be 0 to 59"),
            ("? * * * *", "has '?' for the minute, which must be 0 to 59"),
            ("1-2-3 * * * *", "has '2-3' for the minute, which must be 0 to 59"),
            ("٣ * * * *", "has '٣' for the minute, which must be 0 to 59"),
            ("+5 * * * *", "has '+5' for the minute, which must be 0 to 59"),
            ("*/0 * * * *", "has the step '0' for the minute, which must be a number from 1"),
            ("* */x * * *", "has the step 'x' for the hour, which must be a number from 1"),
            ("* 5-2 * * *", "has the range '5-2' for the hour, which goes backwards"),
            ("* * * * fri-mon", "has the range 'fri-mon' for the day of week, which goes backwards"),
            ("0 0 31 2 *", "never runs: no month of '2' has a day '31'"),
            ("0 0 30,31 feb *", "never runs: no month of 'feb' has a day '30,31'"),
            ("0 0 31 2,4,6,9,11 ?", "never runs: no month of '2,4,6,9,11' has a day '31'"),
            ("0 2 * *", "has 4 of five fields: \(CronExpression.rule)"),
            ("0 0 2 * * *", "has 6 of five fields: \(CronExpression.rule)"),
            ("", "must not be empty: \(CronExpression.rule)"),
            (
                "CRON_TZ=Europe/Berlin 0 2 * * *",
                "must not name a time zone: that is a field of its own, 'timeZone'"
            ),
            (
                "@reboot",
                "has no word that is known here; those are @annually, @daily, @hourly, @midnight, @monthly, "
                    + "@weekly, @yearly and @every with a period"
            ),
            (
                "@every 30s",
                "has the period '30s', which must be whole seconds like 6h or 1h30m, from 1m0s to 8784h0m0s"
            ),
        ])
    func refused(_ text: String, _ message: String) {
        #expect(throws: CronError(message)) { try CronExpression(text) }
    }

    @Test("an expression is 256 bytes long at the most")
    func length() {
        let list = (0...59).map(String.init).joined(separator: ",")
        #expect(throws: Never.self) { try CronExpression("\(list) * * * *") }
        #expect(throws: CronError("must be at most 256 bytes")) {
            try CronExpression("\(list),\(list) * * * *")
        }
    }

    @Test(
        "for Velero the days of the week are numbers without a 7",
        arguments: [
            ("0 2 * * *", "0 2 * * *"), ("0 2 * * 7", "0 2 * * 0"), ("0 2 * * sat-sun", "0 2 * * 0,6"),
            ("0 2 * * mon-fri", "0 2 * * 1,2,3,4,5"), ("0 2 * * */1", "0 2 * * */1"), ("@daily", "@daily"),
            ("@every 6h", "@every 6h"),
        ])
    func velero(_ text: String, _ expected: String) throws {
        #expect(try CronExpression(text).velero == expected)
    }
}

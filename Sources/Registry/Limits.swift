/// Every limit of the product, in one place. `docs/limits.md` lists the same figures, and a test holds the two together.
public enum Limits {
    // Names
    public static let cellIDBytesMax = 63
    public static let tenantIDBytesMax = 128
    public static let gatewayIDBytesMax = 128
    public static let tokenNameBytesMax = 63
    public static let zoneBytesMax = 63
    public static let hostBytesMax = 253
    public static let requestIDBytesMax = 128
    public static let idempotencyKeyBytesMax = 128
    public static let reasonBytesMax = 1024

    // What a resource may hold
    public static let hostsPerTenantMax = 100
    public static let labelsMax = 64
    public static let labelKeyBytesMax = 63
    public static let labelValueBytesMax = 63
    public static let annotationsMax = 64
    public static let annotationValueBytesMax = 4096
    public static let endpointsPerCellMax = 32
    public static let imagesPerCellMax = 32
    public static let imageBytesMax = 512
    public static let dataStoresPerCellMax = 16
    public static let addressesPerDataStoreMax = 32
    public static let placementZonesMax = 16
    public static let placementAvoidMax = 100
    public static let unitsMax: Int64 = 1_000_000_000_000
    public static let healthMessageBytesMax = 1024
    /// The highest epoch that a request may give a new tenant: each cutover needs one more.
    public static let firstEpochMax: Int64 = 1_000_000_000_000

    // Requests
    public static let bodyBytesMax = 256 * 1024
    public static let importBytesMax = 16 * 1024 * 1024 * 1024
    public static let importLineBytesMax = 64 * 1024
    /// An atomic import is one transaction, kept in memory until its last line has come.
    public static let atomicImportBytesMax = 64 * 1024 * 1024
    /// Failed lines named in an import's answer; those past it are counted.
    public static let importFailuresShownMax = 1000
    public static let resolveKeysMax = 1000
    public static let pageItemsDefault = 100
    public static let pageItemsMax = 1000
    public static let cursorCharactersMax = 128
    public static let labelFilterCharactersMax = 256
    public static let waitMax = Duration.seconds(60)
    /// Answers kept for one principal; once a minute the oldest of those past it go.
    public static let keptAnswersMax = 100_000
    public static let idempotencyKeyLifetime = Duration.seconds(24 * 3600)

    // Gateways
    public static let gatewaysMax = 10_000
    public static let leaseDuration = Duration.seconds(45)
    /// Routing changes kept for deltas; a gateway further behind takes the full table.
    public static let deltaChangesMax = 100_000
    /// Of those, how many are read back at a start: fewer, because a start must be quick.
    public static let deltaChangesLoadedMax = 20_000
    /// By contract no write that a gateway has forwarded lands later than this.
    public static let flightTime = Duration.seconds(15)
    /// By contract a gateway serves nothing by a table that it has not confirmed for as long.
    public static let tableLifetime = Duration.seconds(24 * 3600)

    // Webhooks
    public static let webhookURLBytesMax = 2048
    /// Below this a secret could be guessed from one signed call.
    public static let webhookSecretBytesMin = 32
    public static let webhookSecretBytesMax = 4096
    public static let webhookAllowedMax = 100
    public static let webhookBodyBytesMax = 512 * 1024
    public static let webhookAnswerBytesMax = 64 * 1024
    public static let webhookMessageBytesMax = 1024
    public static let webhookTime = Duration.seconds(30)
    /// The longest pause that a webhook's answer can ask for.
    public static let webhookRetryAfterMax = Duration.seconds(300)
    /// The longest pause after failures, where the answer asks for none.
    public static let webhookBackOffMax = Duration.seconds(60)
    /// Each is a thread while it runs; those past it wait for their turn.
    public static let webhookCallsMax = 64

    public static let webhooksMax = 100
    public static let webhookEventsMax = 32
    /// An event is told in less, since no webhook's receiver should hold up those of the others.
    public static let webhookEventTime = Duration.seconds(10)
    public static let webhookAttemptsMax: Int64 = 16
    /// Of one webhook, whatever has become of them; the oldest go first.
    public static let webhookDeliveriesMax = 10_000
    public static let webhookDeliveryLifetime = Duration.seconds(7 * 86_400)

    // Backups of the registry
    /// At a restore: more than any registry gives out between a backup and its end.
    public static let fencingTokensSkipped: Int64 = 4_294_967_296
    public static let backupManifestBytesMax = 64 * 1024

    // Cells
    public static let cellsMax = 10_000

    // Tenant migrations
    public static let batchTenantsMax = 1000
    public static let batchesInFlightMax = 256
    public static let movesPerOperationMax = 500_000
    public static let tenantsPerRequestMax = 10_000
    public static let freezeDeadlines = Duration.seconds(1)...Duration.seconds(600)
    /// Between a freeze that has expired and the next attempt, at the longest.
    public static let freezePauseMax = Duration.seconds(60)
    /// Between tries of a drain's tenants that came to nothing, at the longest.
    public static let planningPauseMax = Duration.seconds(300)
    public static let operationDeadlines = Duration.seconds(1)...Duration.seconds(168 * 3600)
    public static let reverseWindowMax = Duration.seconds(168 * 3600)
    public static let evacuations = Duration.seconds(1)...Duration.seconds(168 * 3600)
    public static let operationLifetime = Duration.seconds(30 * 86_400)
    public static let operationLogMax = 500

    // Plans and policies
    /// Moves, and tenants without a target, that a plan lists; those past it are counted.
    public static let planItemsShownMax = 10_000
    /// What stands in the way, named in one answer; those past it are counted.
    public static let blockersShownMax = 20
    public static let rebalanceMovesMax: Int64 = 100_000
    /// Cells, and as many tenants, that a rebalance may be told to leave alone.
    public static let excludedMax = 1000
    public static let activeZonesMinMax: Int64 = 16
    public static let calendarWindowsMax = 64
    public static let windowNameBytesMax = 63

    // Releases and rollouts
    public static let releasesMax = 10_000
    public static let rolloutsUnderWayMax = 64
    public static let releaseNotesBytesMax = 4096
    public static let cellsPerRolloutMax = 10_000
    /// Waves that a strategy may ask for; a plan may have more of them, for each can be cut by zones.
    public static let wavesMax = 100
    public static let wavesInPlanMax = 10_001
    public static let gatesMax = 16
    public static let gateNameBytesMax = 63
    public static let gateQueryBytesMax = 4096
    public static let gatePathBytesMax = 512
    /// Evidence in a row, at the most, that a gate may ask for before it makes up its mind.
    public static let gateThresholdMax: Int64 = 100
    public static let gateIntervals = Duration.seconds(1)...Duration.seconds(3600)
    public static let gateWindowMax = Duration.seconds(24 * 3600)
    public static let gateTimeouts = Duration.milliseconds(100)...Duration.seconds(30)
    /// Each is a thread while it runs; those past it wait for their turn.
    public static let gateCallsMax = 32
    public static let probeAnswerBytesMax = 64 * 1024
    public static let prometheusAnswerBytesMax = 1024 * 1024
    public static let bakeTimeMax = Duration.seconds(168 * 3600)
    public static let progressDeadlines = Duration.seconds(1)...Duration.seconds(24 * 3600)
    public static let approvalTimeouts = Duration.seconds(1)...Duration.seconds(720 * 3600)
    public static let workerNameBytesMax = 128
    public static let claimLeases = Duration.seconds(1)...Duration.seconds(3600)
    /// The lease of a claim that asks for none is half the progress deadline, between these.
    public static let claimLeaseUsual = Duration.seconds(30)...Duration.seconds(300)
    /// How far ahead of this server's clock a worker's may be.
    public static let reportSkewMax = Duration.seconds(60)
    public static let reportMessageBytesMax = 1024
    /// Between an attempt at a cell that could not be reached and the next.
    public static let unreachablePause = Duration.seconds(30)
    public static let rolloutLifetime = Duration.seconds(400 * 86_400)
    public static let rolloutLogMax = 1000
    /// Calls to the Kubernetes API at once, each of them a thread.
    public static let kubernetesCallsMax = 32
    /// Between two looks at a cell that is under way there.
    public static let kubernetesPollPeriod = Duration.seconds(2)
    /// Between two looks at a cell that bakes; less where the bake is short.
    public static let kubernetesBakePeriod = Duration.seconds(10)
    /// A pod that fails for as long without a break has failed.
    public static let podTroubleMax = Duration.seconds(15)

    // Backups
    public static let scheduleBytesMax = 256
    public static let veleroUIDBytesMax = 128
    public static let schedulePeriods = Duration.seconds(60)...Duration.seconds(366 * 86_400)
    public static let backupNameBytesMax = 128
    /// The names of its runs are longer by a hyphen and 14 digits.
    public static let backupScheduleNameBytesMax = 112
    public static let backupSchedulesMax = 1000
    /// Of any phase; the oldest of those that may go are the first to be pruned.
    public static let backupsMax = 100_000
    public static let restoresMax = 10_000
    public static let backupNamespacesMax = 100
    public static let storageLocationBytesMax = 63
    public static let backupTTLs = Duration.seconds(60)...Duration.seconds(87_600 * 3600)
    /// Of starting deadlines and run time-outs.
    public static let backupTimes = Duration.seconds(1)...Duration.seconds(168 * 3600)
    /// Of RPOs and RTOs.
    public static let backupPromises = Duration.seconds(1)...Duration.seconds(8760 * 3600)
    public static let keepLastMax: Int64 = 1000
    /// Also runs of one schedule that are made up for after a pause of the process.
    public static let missedRunsMax = 1000
    public static let nextRunsMax: Int64 = 100
    /// The lease of a claim that asks for none.
    public static let backupLeaseUsual = Duration.seconds(300)
    public static let backupLocationBytesMax = 2048
    /// Also the most bytes that a backup can say it has.
    public static let backupItemsMax: Int64 = 1_000_000_000_000_000
    /// What Velero shows of a few thousand backups.
    public static let backupImportBytesMax = 16 * 1024 * 1024
    /// Deletions that are begun at once; the others follow.
    public static let backupsPrunedMax = 1000
    public static let holdsPerBackupMax = 32
    /// Of one backup; the oldest go first.
    public static let verificationsMax = 100
    /// After that a verification says little.
    public static let verificationLifetime = Duration.seconds(30 * 86_400)
    public static let restoreLifetime = Duration.seconds(400 * 86_400)
}

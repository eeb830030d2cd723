/* The cutover of one tenant from a source to a target cell, and back. README.md says what is in it and what is not.
 *
 * Each d_step is one step that nothing interrupts; between two of them anything may happen. Faults have budgets and
 * polls need a cause, so that every run ends, and what must happen at last can be asked of the last state.
 *
 * Safety: a write is *accepted* at the instant its cell commits it. At that instant the cell must be the tenant's in
 * the store, the write must be of the tenant's epoch, and no barrier may stand passed for a move away from there.
 * One write is enough, for it may be any; with it the run is over.
 *
 * Liveness (-DLIVENESS=1, without writes): every move ends, and the tenant is not frozen then. A deadline passes only
 * when nothing else can happen, and then somebody must be there to be named as what the move waited for.
 */

#ifndef LIVENESS
#define LIVENESS 0
#endif

/* The guards: 1 is as the design says, 0 without. */
#ifndef GATEWAYS_GUARD
#define GATEWAYS_GUARD 3 /* 0 not asked; 1 only who is live; 2 all must have F; 3 all have F, or have A and no lease */
#endif
#ifndef SEAL_GUARD
#define SEAL_GUARD 1 /* the source's acknowledgement of F passes the barrier too */
#endif
#ifndef CAS
#define CAS 3 /* cutover compares: 0 nothing; 1 the epoch; 2 and that it is freezing; 3 and that F is the same */
#endif
#ifndef UNFREEZE_FIRST
#define UNFREEZE_FIRST 1 /* the deadline is recorded before the freeze is published */
#endif
#ifndef ANNOUNCE_ANEW
#define ANNOUNCE_ANEW 1 /* a freeze after an unfreeze has an announcement of its own */
#endif
#ifndef RESTART_GRACE
#define RESTART_GRACE 1 /* after a restart every lease counts as just renewed */
#endif
#ifndef THAWS
#define THAWS 0 /* a freeze may expire, back to what was announced: that announcement stands */
#endif
#ifndef EXPIRED_NOW
#define EXPIRED_NOW 1 /* the lease must be out when the barrier is looked at, not merely have been out since A */
#endif
#ifndef REGISTER_FIRST
#define REGISTER_FIRST 1 /* a gateway is on the list before its first answer */
#endif
#ifndef LEASE_ORDER
#define LEASE_ORDER 1 /* the control plane's count of a lease ends after the gateway's own */
#endif
#ifndef LEASE_KEPT
#define LEASE_KEPT 1 /* a gateway past its lease refuses the tenant when it is in a move */
#endif
#ifndef LEASE_FROM_SENT
#define LEASE_FROM_SENT 1 /* a gateway counts its lease from the request, not from the answer */
#endif
#ifndef LEASE_BY_TABLE
#define LEASE_BY_TABLE 1 /* only an answer whose table is in place renews it; no PUT, no refused table */
#endif
#ifndef ACK_IN_PLACE
#define ACK_IN_PLACE 1 /* acknowledged is what new requests are routed by */
#endif
#ifndef ACK_DURABLE
#define ACK_DURABLE 1 /* acknowledged is what a restart comes back with */
#endif
#ifndef ACK_SETTLED
#define ACK_SETTLED 1 /* the writes forwarded by an older table have ended before a newer one is acknowledged */
#endif
#ifndef FLIGHT_BOUND
#define FLIGHT_BOUND 1 /* writes under way when a gateway dies or its lease ends are waited for (a time, in life) */
#endif
#ifndef LEAVE_CLEAN
#define LEAVE_CLEAN 1 /* before it deregisters a gateway makes its table unusable on disk */
#endif
#ifndef LEAVE_NEW_ID
#define LEAVE_NEW_ID 1 /* having deregistered, it comes back under another id */
#endif
#ifndef GONE_FOR_GOOD
#define GONE_FOR_GOOD 1 /* who is known to be gone does not come back with its table */
#endif
#ifndef LIFETIME
#define LIFETIME 1 /* a table older than its lifetime serves nothing */
#endif
#ifndef SEAL_ENFORCED
#define SEAL_ENFORCED 1 /* what a cell acknowledges it refuses */
#endif
#ifndef SEAL_DURABLE
#define SEAL_DURABLE 1 /* and after a restart too */
#endif
#ifndef SEAL_SETTLED
#define SEAL_SETTLED 1 /* and it has ended the writes that it had admitted before */
#endif
#ifndef CELL_EPOCH
#define CELL_EPOCH 1 /* a cell refuses epochs below the one it is shown */
#endif

#ifndef FINAL_COPY
#define FINAL_COPY 1 /* from the barrier on the source must be still, for its last data are copied then */
#endif

/* The world: how much there is of it, and what may go wrong. */
#ifndef N
#define N 2 /* gateways; with LATE the last one has not started yet */
#endif
#ifndef LATE
#define LATE 0
#endif
#ifndef FED
#define FED 0 /* the cells follow their ownership feed; else they take every write */
#endif
#ifndef MOVES
#define MOVES 2 /* the move, and the reverse or the second try */
#endif
#ifndef PLANE_KILLS
#define PLANE_KILLS 1
#endif
#ifndef KILLS
#define KILLS 1 /* of gateways */
#endif
#ifndef CUTS
#define CUTS 1 /* partitions of gateways */
#endif
#ifndef REFUSALS
#define REFUSALS 0 /* tables that a gateway refuses */
#endif
#ifndef LEAVES
#define LEAVES 0 /* deregistrations */
#endif
#ifndef GONES
#define GONES 0 /* times that a dead gateway is known to be gone */
#endif
#ifndef AGES
#define AGES 0 /* times that a table's lifetime passes */
#endif
#ifndef CELL_KILLS
#define CELL_KILLS 0
#endif
#ifndef CELL_CUTS
#define CELL_CUTS 0
#endif

#define REVISIONS 10
#define SERVING 0
#define MIGRATING 1
#define FROZEN 2
#define DOWN 0 /* a process: for good */
#define UP 1
#define RESTARTS 2 /* down, and will come back */
#define CUT 1 /* a link: will heal */
#define CUT_OFF 2 /* never */

/* The store: what a kill of the control plane leaves. Revision 0 is none. */
byte revision = 1;
byte owner = 0, epoch = 1;
byte routeCell[REVISIONS], routeEpoch[REVISIONS], routeState[REVISIONS];
byte phase = SERVING; /* of the batch, as its routes show it */
byte announcedAt, frozenAt;
bool deadline; /* recorded */
byte movesLeft = MOVES;
bool listed[N];
byte acked[N]; /* written behind: a restart knows it, or not */

/* The control plane's memory. */
bool planeUp = 1;
bool live[N], wasOut[N];
byte sealAcked; /* by the owner */
byte passedFor, passedEpoch, passedTo; /* the barrier that its worker has seen passed */
bool deadlineDue; /* to be recorded: only where it is not recorded first */

/* Gateways. `answer` is the table in the answer under way; `fresh`, that it renews the lease. */
byte process[N], link[N], table[N], disk[N], answer[N];
bool lease[N], fresh[N], aged[N];
bool leaving[N], reborn[N], dropped[N]; /* its DELETE is under way; it is back before that; it was dropped as gone */

/* Cells, and what the control plane has told them. */
byte owned[2], ownedDisk[2], cellLink[2];

/* The write: 0 not yet, 1 forwarded, 2 admitted by its cell, 3 over. */
byte write = LIVENESS * 3, writeBy, writeCell, writeEpoch;
bool writeOrphan; /* its gateway does not know of it any more */

bool quiet; /* a barrier has passed, and its freeze has not ended */
bool over; /* the run has nothing more to show */
byte planeKills = PLANE_KILLS, kills = KILLS, cuts = CUTS, refusals = REFUSALS, leaves = LEAVES, gones = GONES,
     ages = AGES, cellKills = CELL_KILLS, cellCuts = CELL_CUTS;

#define flying(g) ((write == 1 || write == 2) && writeBy == g)
#define overtaken(g) (routeState[table[g]] == FROZEN || \
	routeCell[table[g]] != writeCell || routeEpoch[table[g]] != writeEpoch)
#define unsettled(g) (flying(g) && overtaken(g) && ((writeOrphan && FLIGHT_BOUND) || (!writeOrphan && ACK_SETTLED)))
#define connected(g) (planeUp && process[g] == UP && !link[g])
#define landed(g) (!FLIGHT_BOUND || !flying(g))
#define out(g) (EXPIRED_NOW -> !live[g] : wasOut[g])

/* The first guard: does the gateway stand in the way? */
#if GATEWAYS_GUARD == 0
#define waitsFor(g) (SEAL_GUARD)
#elif GATEWAYS_GUARD == 1
#define waitsFor(g) (listed[g] && live[g] && acked[g] < frozenAt)
#elif GATEWAYS_GUARD == 2
#define waitsFor(g) (listed[g] && acked[g] < frozenAt)
#else
#define waitsFor(g) (listed[g] && acked[g] < frozenAt && !(acked[g] >= announcedAt && out(g)))
#endif
/* Whom an abort may name: not heard of since before A. */
#define blocks(g) (!GATEWAYS_GUARD || listed[g] && acked[g] < announcedAt && (link[g] == CUT_OFF || process[g] == DOWN))
#if N == 1
#define anyGateway(p) (p(0))
#elif N == 2
#define anyGateway(p) (p(0) || p(1))
#else
#define anyGateway(p) (p(0) || p(1) || p(2))
#endif
/* The second guard, and whether it is of no help. */
#define sealed (SEAL_GUARD && FED && sealAcked >= frozenAt)
#define sealBlocked (!SEAL_GUARD || !FED || cellLink[owner] == CUT_OFF)

inline publish(state) {
	revision++;
	routeCell[revision] = owner; routeEpoch[revision] = epoch; routeState[revision] = state;
	phase = state
}

inline unfreeze() { publish(SERVING); deadline = 0; deadlineDue = 0; quiet = 0; movesLeft-- }

inline restart(forgets) {
	planeUp = 1;
	for (i : 0 .. N - 1) {
		live[i] = RESTART_GRACE;
		if :: !EXPIRED_NOW -> wasOut[i] = !RESTART_GRACE :: else fi;
		if :: forgets -> acked[i] = 0 :: else fi
	}
	i = 0; sealAcked = 0; printf("control plane: restarts\n")
}

proctype ControlPlane() provided (!over) {
	byte i;
end:	do
	:: d_step { planeUp && phase == SERVING && movesLeft > 0 && (ANNOUNCE_ANEW || !announcedAt) ->
		publish(MIGRATING); announcedAt = revision; printf("control plane: announces at %d\n", revision);
		 wasOut[0] = 0; wasOut[N - 1] = 0 }
	:: d_step { planeUp && UNFREEZE_FIRST && !deadline &&
			(phase == MIGRATING || (phase == SERVING && movesLeft > 0 && !ANNOUNCE_ANEW && announcedAt)) ->
		deadline = 1; printf("control plane: records the deadline\n") }
	:: d_step { planeUp && (deadline || !UNFREEZE_FIRST) && (phase == MIGRATING ||
			(phase == SERVING && movesLeft > 0 && !ANNOUNCE_ANEW && announcedAt)) ->
		publish(FROZEN); frozenAt = revision; deadlineDue = !UNFREEZE_FIRST; deadline = UNFREEZE_FIRST;
		printf("control plane: freezes at %d\n", revision) }
	:: d_step { planeUp && deadlineDue ->
		deadlineDue = 0; deadline = 1; printf("control plane: records the deadline\n") }
	/* The barrier, and apart from it the cutover. */
	:: d_step { planeUp && phase == FROZEN && !passedFor && (!anyGateway(waitsFor) || sealed) ->
		passedFor = frozenAt; passedEpoch = epoch; passedTo = 1 - owner; quiet = 1;
		printf("control plane: the barrier is passed for %d\n", frozenAt) }
	:: d_step { planeUp && passedFor ->
		if
		:: (CAS < 1 || epoch == passedEpoch) && (CAS < 2 || phase == FROZEN) && (CAS < 3 || frozenAt == passedFor) ->
			owner = passedTo; epoch = passedEpoch + 1;
			if :: phase == FROZEN -> unfreeze() :: else -> publish(SERVING) fi;
			printf("control plane: cuts over at %d to cell %d, epoch %d\n", revision, owner, epoch)
		:: else
		fi;
		passedFor = 0; passedEpoch = 0; passedTo = 0 }
	/* The freeze's deadline: the tenant is as it was announced, and may be frozen again. */
	:: d_step { planeUp && THAWS && phase == FROZEN && deadline && movesLeft > 1 ->
		publish(MIGRATING); deadline = 0; deadlineDue = 0; quiet = 0; movesLeft--;
		printf("control plane: unfreezes at %d\n", revision) }
	/* A deadline, or a cancel. */
	:: d_step { planeUp && !LIVENESS && (phase == MIGRATING || (phase == FROZEN && deadline)) ->
		unfreeze(); printf("control plane: aborts at %d\n", revision) }

	:: d_step { planeUp && planeKills > 0 ->
		planeKills--; planeUp = 0; passedFor = 0; passedEpoch = 0; passedTo = 0; deadlineDue = 0;
		printf("control plane: killed\n") }
	:: d_step { !planeUp -> restart(0) }
	:: d_step { !planeUp && LIVENESS -> restart(1) }
	od
}

/* What the control plane learns of a gateway, and the time that passes for both. */
proctype Contact(byte g) provided (!over) {
end:	do
	:: d_step { lease[g] && (link[g] || !planeUp) -> lease[g] = 0; printf("gateway %d: its lease is out\n", g) }
	:: d_step { planeUp && live[g] && (!lease[g] || !LEASE_ORDER) && landed(g) &&
			(link[g] || process[g] != UP || !answer[g]) ->
		live[g] = 0;
		if :: !EXPIRED_NOW && acked[g] >= announcedAt -> wasOut[g] = 1 :: else fi;
		if :: LEASE_FROM_SENT -> fresh[g] = 0 :: else fi;
		printf("control plane: counts the lease of gateway %d as out\n", g) }
	:: d_step { planeUp && leaving[g] ->
		leaving[g] = 0;
		if :: listed[g] && !(reborn[g] && LEAVE_NEW_ID) -> listed[g] = 0; acked[g] = 0 :: else fi;
		reborn[g] = 0; printf("control plane: gets the DELETE of gateway %d\n", g) }
	:: d_step { planeUp && gones > 0 && process[g] != UP && listed[g] && landed(g) ->
		gones--; listed[g] = 0; acked[g] = 0; dropped[g] = 1;
		printf("control plane: knows that gateway %d is gone\n", g) }
	:: d_step { ages > 0 && !lease[g] && link[g] == CUT_OFF -> ages--; aged[g] = 1; fresh[g] = 0;
		printf("gateway %d: its table is past its lifetime\n", g) }
	:: d_step { planeUp && aged[g] && listed[g] && landed(g) -> listed[g] = 0; acked[g] = 0;
		printf("control plane: counts gateway %d as gone\n", g) }
	od
}

inline fall(g) {
	table[g] = 0; lease[g] = 0; answer[g] = 0; fresh[g] = 0; printf("gateway %d: down\n", g);
	if :: flying(g) -> writeOrphan = 1 :: else fi
}

proctype Gateway(byte g) provided (!over) {
end:	do
	/* A poll, for a cause: there is something new, or something to be said. It acknowledges the table in place. */
	:: d_step { connected(g) && !answer[g] && !unsettled(g) &&
			(table[g] < revision || (GATEWAYS_GUARD && (acked[g] < table[g] || !lease[g] || !live[g] || !listed[g]))) ->
		if :: REGISTER_FIRST || table[g] -> listed[g] = 1; live[g] = 1 :: else fi;
		if :: leaving[g] -> reborn[g] = 1 :: else fi;
		acked[g] = table[g]; answer[g] = revision; fresh[g] = 1;
		printf("gateway %d: polls, acknowledges %d; %d is on its way\n", g, table[g], revision) }
	/* Its answer: durable, then in place. */
	:: d_step { process[g] == UP && answer[g] ->
		if :: ACK_DURABLE || !disk[g] -> disk[g] = answer[g] :: else fi;
		table[g] = answer[g]; lease[g] = lease[g] || fresh[g]; aged[g] = aged[g] && !fresh[g];
		answer[g] = 0; fresh[g] = 0; printf("gateway %d: routes by %d, lease %d\n", g, table[g], lease[g]) }
	/* Or refused, which it reports. */
	:: d_step { refusals > 0 && process[g] == UP && answer[g] && table[g] ->
		refusals--; answer[g] = 0; fresh[g] = 0;
		if :: connected(g) -> live[g] = 1; lease[g] = lease[g] || !LEASE_BY_TABLE :: else fi;
		printf("gateway %d: refuses the table, lease %d\n", g, lease[g]) }
#if !ACK_IN_PLACE
	:: d_step { connected(g) && acked[g] < answer[g] ->
		acked[g] = answer[g]; live[g] = 1; printf("gateway %d: acknowledges %d early\n", g, answer[g]) }
#endif
	/* It decides where a write goes, and forwards it. */
	:: d_step { !write && g == 0 && process[g] == UP && table[g] && !(aged[g] && LIFETIME) &&
			(routeState[table[g]] == SERVING ||
			(routeState[table[g]] == MIGRATING && (lease[g] || !LEASE_KEPT))) ->
		write = 1; writeBy = g; writeCell = routeCell[table[g]]; writeEpoch = routeEpoch[table[g]];
		printf("gateway %d: forwards a write by %d to cell %d, epoch %d\n", g, table[g], writeCell, writeEpoch) }

	:: d_step { kills > 0 && process[g] == UP && table[g] -> kills--; process[g] = RESTARTS; fall(g) }
	:: d_step { kills > 0 && process[g] == UP && table[g] -> kills--; process[g] = DOWN; fall(g) }
	:: d_step { process[g] == RESTARTS && !(dropped[g] && GONE_FOR_GOOD) -> process[g] = UP; table[g] = disk[g];
		printf("gateway %d: starts with %d\n", g, table[g]) }
	:: d_step { cuts > 0 && !link[g] && process[g] == UP -> cuts--; link[g] = CUT; printf("gateway %d: cut off\n", g) }
	:: d_step { cuts > 0 && !link[g] && process[g] == UP ->
		cuts--; link[g] = CUT_OFF; printf("gateway %d: cut off for good\n", g) }
	:: d_step { link[g] && answer[g] ->
		answer[g] = 0; fresh[g] = 0; printf("gateway %d: the answer is lost\n", g) }
	:: d_step { link[g] == CUT -> link[g] = 0; printf("gateway %d: connected again\n", g) }
	:: d_step { leaves > 0 && connected(g) && table[g] && !answer[g] && !flying(g) ->
		leaves--; leaving[g] = 1; process[g] = RESTARTS; fall(g);
		if :: LEAVE_CLEAN -> disk[g] = 0 :: else fi;
		printf("gateway %d: has sent its DELETE\n", g) }
	od
}

proctype Cell(byte c) provided (!over) {
end:	do
	/* The write comes in, is let in or refused, and is committed. */
	:: d_step { write == 1 && writeCell == c ->
		if
		:: !FED || !SEAL_ENFORCED || (routeCell[owned[c]] == c && routeState[owned[c]] != FROZEN &&
				(writeEpoch >= routeEpoch[owned[c]] || !CELL_EPOCH)) -> write = 2; printf("cell %d: lets the write in\n", c)
		:: else -> write = 3; over = 1; printf("cell %d: refuses the write\n", c)
		fi }
	:: d_step { write == 2 && writeCell == c ->
		printf("cell %d: commits the write; the store says cell %d, epoch %d\n", c, owner, epoch);
		assert(owner == c); assert(writeEpoch == epoch); assert(!quiet || !FINAL_COPY);
		write = 3; over = 1 }
#if FED
	:: d_step { planeUp && !cellLink[c] && owned[c] < revision ->
		owned[c] = revision;
		if :: SEAL_DURABLE -> ownedDisk[c] = revision :: else fi; printf("cell %d: enforces %d\n", c, revision) }
	/* Of its acknowledgements only those that can count. */
	:: d_step { planeUp && !cellLink[c] && phase == FROZEN && owner == c && sealAcked < frozenAt && frozenAt <= owned[c] &&
			!(SEAL_SETTLED && write == 2 && writeCell == c) ->
		sealAcked = owned[c]; printf("cell %d: acknowledges %d\n", c, owned[c]) }
	:: d_step { cellKills > 0 && !(write == 2 && writeCell == c) ->
		cellKills--; owned[c] = ownedDisk[c]; printf("cell %d: restarts with %d\n", c, owned[c]) }
	:: d_step { cellCuts > 0 && !cellLink[c] -> cellCuts--; cellLink[c] = CUT; printf("cell %d: cut off\n", c) }
	:: d_step { cellCuts > 0 && !cellLink[c] -> cellCuts--; cellLink[c] = CUT_OFF; printf("cell %d: cut off for good\n", c) }
	:: d_step { cellLink[c] == CUT -> cellLink[c] = 0; printf("cell %d: connected again\n", c) }
#endif
	od
}

/* Nothing else can happen: time passes until the deadline. Where none is set, this is how it ends. */
proctype End() provided (!over) {
end:	do
	:: d_step { timeout && LIVENESS ->
		printf("nothing else can happen\n");
		if
		:: phase != SERVING && deadline ->
			assert(phase == MIGRATING || (anyGateway(blocks) && sealBlocked)); /* else it should be done */
			unfreeze()
		:: else ->
			assert(phase == SERVING); /* nothing is frozen */
			assert(movesLeft == 0); /* and every move has ended */
			over = 1
		fi }
	od
}

init {
	byte g;
	d_step {
		routeCell[1] = owner; routeEpoch[1] = epoch;
		owned[0] = 1; owned[1] = 1; ownedDisk[0] = 1; ownedDisk[1] = 1;
		for (g : 0 .. N - 1) {
			if
			:: LATE && g == N - 1 -> process[g] = RESTARTS
			:: else -> process[g] = UP; listed[g] = 1; acked[g] = 1; live[g] = 1; table[g] = 1; disk[g] = 1; lease[g] = 1
			fi
		}
		g = 0
	}
	atomic {
		run ControlPlane(); run End(); run Cell(0); run Cell(1);
		for (g : 0 .. N - 1) { run Gateway(g); if :: GATEWAYS_GUARD -> run Contact(g) :: else fi }
		g = 0
	}
}

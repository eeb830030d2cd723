import ControlPlane
import HTTP
import JSON
import Registry

// How the control plane itself is.
extension Endpoints {
    func getHealthLive(_ call: Call, _ head: RequestHead) throws -> Reception { .answer(json(["status": "live"])) }

    func getHealthReady(_ call: Call, _ head: RequestHead) throws -> Reception {
        guard let why = outside.unready else { return .answer(json(["status": "ready"])) }
        return .answer(json(["status": .string(why)], .serviceUnavailable, fields: [.retryAfter: "1"]))
    }

    func getMetrics(_ call: Call, _ head: RequestHead) throws -> Reception {
        let openMetrics = head.field(.accept)?.contains("application/openmetrics-text") == true
        let type = openMetrics
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8"
        return .deferred(bodyBytesMax: 0) { [outside] _ in
            Response(.ok, fields: [.contentType: type], body: .bytes(outside.metrics(openMetrics: openMetrics)))
        }
    }

    func getOpenAPI(_ call: Call, _ head: RequestHead) throws -> Reception {
        .answer(Response(.ok, fields: [.contentType: MediaType.yaml.essence], body: .bytes(settings.openAPI)))
    }

    func getRegistry(_ call: Call, _ request: Request) async throws -> Response {
        let (revision, table) = (controlPlane.revision, controlPlane.routing.current)
        return json([
            "incarnation": .string(controlPlane.incarnation.rawValue), "revision": .string(revision.description),
            "routingRevision": .string(table.tag.description),
            "cells": .integer(Int64(try controlPlane.cellCount())),
            "tenants": .integer(Int64(table.tenantCount)), "gateways": .integer(Int64(controlPlane.gateways.count)),
            "version": .string(settings.version),
        ])
    }

    func listReconcilers(_ call: Call, _ request: Request) async throws -> Response {
        json([
            "items": .array(
                outside.reconcilers.map { report in
                    [
                        "name": .string(report.name),
                        "lastStartedAt": report.startedAt.map { .string($0.description) } ?? .null,
                        "lastEndedAt": report.endedAt.map { .string($0.description) } ?? .null,
                        "report": .string(report.report), "failed": .bool(report.failed),
                    ]
                })
        ])
    }
}

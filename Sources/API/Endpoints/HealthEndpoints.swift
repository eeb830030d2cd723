import COpenAPI
import ControlPlane
import HTTP
import JSON
import Registry
import Telemetry

// How the control plane itself is.
extension Endpoints {
    func getHealthLive(_ call: Call, _ head: RequestHead) throws -> Reception {
        .answer(json(["status": "live"]))
    }

    func getHealthReady(_ call: Call, _ head: RequestHead) throws -> Reception {
        guard let why = status.unready else { return .answer(json(["status": "ready"])) }
        return .answer(json(["status": .string(why)], .serviceUnavailable, fields: [.retryAfter: "1"]))
    }

    func getMetrics(_ call: Call, _ head: RequestHead) throws -> Reception {
        let openMetrics = Exposition.prefersOpenMetrics(accept: head.field(.accept))
        return .deferred(bodyBytesMax: 0) { [instruments] _ in
            Response(
                .ok, fields: [.contentType: Exposition.contentType(openMetrics: openMetrics)],
                body: .bytes(instruments.metrics.render(openMetrics: openMetrics)))
        }
    }

    func getOpenAPI(_ call: Call, _ head: RequestHead) throws -> Reception {
        .answer(
            Response(
                .ok, fields: [.contentType: MediaType.yaml.essence],
                body: .bytes(Self.openAPI)))
    }

    private static let openAPI = [UInt8](
        UnsafeRawBufferPointer(start: copenapi_text(), count: copenapi_count()))

    func getRegistry(_ call: Call, _ request: Request) async throws -> Response {
        let (revision, table) = (controlPlane.revision, controlPlane.routing.current)
        return json([
            "incarnation": .string(controlPlane.incarnation.rawValue),
            "revision": .string(revision.description),
            "routingRevision": .string(table.tag.description),
            "cells": .integer(Int64(try controlPlane.cellCount())),
            "tenants": .integer(Int64(table.tenantCount)),
            "gateways": .integer(Int64(controlPlane.gateways.count)),
            "version": .string(settings.version),
        ])
    }

    func listReconcilers(_ call: Call, _ request: Request) async throws -> Response {
        json([
            "items": .array(
                status.reconcilers.map { report in
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

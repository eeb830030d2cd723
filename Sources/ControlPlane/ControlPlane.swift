// ControlPlane: see docs/architecture.md

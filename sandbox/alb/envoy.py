"""Envoy's configuration for what an Application Load Balancer does: pure functions from a snapshot to xDS resources.

The listeners are fixed for a run (a changed listener would close open sockets after its drain time); whatever ELBv2's
API changes is in routes, clusters and endpoints, which Envoy swaps under open connections.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox.alb.envoy_routes import LUA_FILTER, Resource, cluster_name, error_page, set_header
from sandbox.aws_api.elb_state import Endpoint, HealthCheck, Snapshot, TargetGroup

TYPES = "type.googleapis.com/"
ADMIN_SOCKET = "admin"
CONNECT_TIMEOUT_S = 10
MAX_REQUEST_HEADERS_KB = 64
MAX_RESPONSE_HEADERS_KB = 32
CLIENT_KEEP_ALIVE_S = 3600

# Which of Envoy's own failures the ALB calls what (AWS: "Troubleshoot your Application Load Balancers").
ERROR_PAGES: Sequence[tuple[int, str, Sequence[str]]] = (
    (502, "Bad Gateway", ("UF", "UC", "UPE", "LR", "UR")),
    (503, "Service Temporarily Unavailable", ("UH", "NC", "NR")),
    (504, "Gateway Time-out", ("UT", "SI")),
)

ACCESS_LOG_FIELDS = {
    "time": "%START_TIME%",
    "listener": "%DOWNSTREAM_LOCAL_ADDRESS%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(:PATH)%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "target": "%UPSTREAM_HOST%",
    "target_group": "%UPSTREAM_CLUSTER%",
    "rule": "%ROUTE_NAME%",
    "duration_ms": "%DURATION%",
    "trace_id": "%REQ(X-AMZN-TRACE-ID)%",
}


def discovery(resources: Sequence[Resource]) -> str:
    """A DiscoveryResponse document; its version is a hash of the resources: equal states have equal versions."""
    version = hashlib.sha256(json.dumps(resources, sort_keys=True).encode()).hexdigest()[:16]
    return json.dumps({"version_info": version, "resources": resources})


def bootstrap(folder: Path) -> Resource:
    """The start-up configuration: admin on a socket in the folder that it starts in, the rest from files."""
    return {
        "node": {"id": "alb", "cluster": "sandbox"},
        # No port: a web page could reach it, and there is a path that ends the process.
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {
            "lds_config": _file_source(folder / "lds.json"),
            "cds_config": _file_source(folder / "cds.json"),
        },
    }


def listener(
    name: str,
    folder: Path,
    *,
    nominal_port: int,
    lua: str,
    access_log: Path,
    certificate: tuple[Path, Path] | None,
    port: int = 0,
) -> Resource:
    """A listener that stands for `nominal_port` (80 or 443); its real port is `port`, or the system's choice.

    `certificate` is a pair of PEM files (chain, key) and makes it HTTPS. Its rules come from `rds-<name>.json`.
    """
    scheme = "https" if certificate else "http"
    constants = f'LISTENER_PORT = "{nominal_port}"\nLISTENER_PROTOCOL = "{scheme}"\n'
    chain: Resource = {
        "filters": [
            {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": _connection_manager(name, folder, constants + lua, access_log),
            }
        ]
    }
    if certificate:
        chain["transport_socket"] = _tls(*certificate)
    return {
        "@type": TYPES + "envoy.config.listener.v3.Listener",
        "name": name,
        "address": _socket_address("127.0.0.1", port),
        "filter_chains": [chain],
    }


def _connection_manager(name: str, folder: Path, lua: str, access_log: Path) -> Resource:
    return {
        "@type": TYPES + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "server_name": "awselb/2.0",
        # A target's own Server header passes through, as on the ALB.
        "server_header_transformation": "APPEND_IF_ABSENT",
        "generate_request_id": False,
        "use_remote_address": True,
        "skip_xff_append": True,
        "max_request_headers_kb": MAX_REQUEST_HEADERS_KB,
        "http_protocol_options": {"accept_http_10": True, "allow_custom_methods": True},
        "http2_protocol_options": {"max_concurrent_streams": 128},
        "common_http_protocol_options": {"idle_timeout": f"{CLIENT_KEEP_ALIVE_S}s"},
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "rds": {"route_config_name": name, "config_source": _file_source(folder / f"rds-{name}.json")},
        "local_reply_config": {"mappers": _error_mappers()},
        "access_log": [
            {
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": TYPES + "envoy.extensions.access_loggers.file.v3.FileAccessLog",
                    "path": str(access_log),
                    "log_format": {"json_format": ACCESS_LOG_FIELDS},
                },
            }
        ],
        "http_filters": [
            {
                "name": LUA_FILTER,
                "typed_config": {
                    "@type": TYPES + "envoy.extensions.filters.http.lua.v3.Lua",
                    "default_source_code": {"inline_string": lua},
                },
            },
            {
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": TYPES + "envoy.extensions.filters.http.router.v3.Router",
                    "suppress_envoy_headers": True,
                },
            },
        ],
    }


def _error_mappers() -> list[Resource]:
    by_flag: list[tuple[Resource, int, str]] = [
        ({"response_flag_filter": {"flags": list(flags)}}, status, reason)
        for status, reason, flags in ERROR_PAGES
    ]
    # Without a path, the request was never understood: headers above the limit, or no HTTP at all.
    unread = {"header_filter": {"header": {"name": ":path", "present_match": True, "invert_match": True}}}
    return [_error_mapper(*page) for page in [*by_flag, (unread, 400, "Bad Request")]]


def _error_mapper(condition: Resource, status: int, reason: str) -> Resource:
    return {
        "filter": condition,
        "status_code": status,
        "body_format_override": {
            "text_format_source": {"inline_string": error_page(status, reason)},
            "content_type": "text/html",
        },
    }


def _tls(chain: Path, key: Path) -> Resource:
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TYPES + "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [
                    {"certificate_chain": {"filename": str(chain)}, "private_key": {"filename": str(key)}}
                ],
            },
        },
    }


def clusters(snapshot: Snapshot, folder: Path) -> list[Resource]:
    """One cluster per target group in use; its endpoints come from `eds-<cluster name>.json`."""
    used = snapshot.in_use()
    return [
        _cluster(group, snapshot.idle_timeout_s, folder) for group in snapshot.groups if group.arn in used
    ]


def _cluster(group: TargetGroup, idle_timeout_s: float, folder: Path) -> Resource:
    name = cluster_name(group.arn)
    resource: Resource = {
        "@type": TYPES + "envoy.config.cluster.v3.Cluster",
        "name": name,
        "type": "EDS",
        "connect_timeout": f"{CONNECT_TIMEOUT_S}s",
        "eds_cluster_config": {"eds_config": _file_source(folder / endpoints_file(group.arn))},
        # A deregistered target gets no new request even while it is still healthy.
        "ignore_health_on_host_removal": True,
        # Fail open, as the ALB does, only when no target at all is healthy; and tell no health before it counts.
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}, "update_merge_window": "0s"},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": TYPES + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": {
                    "idle_timeout": f"{idle_timeout_s}s",
                    "max_response_headers_kb": MAX_RESPONSE_HEADERS_KB,
                },
            }
        },
    }
    if group.health_check:
        resource["health_checks"] = [_health_check(group.health_check)]
    return resource


def _health_check(check: HealthCheck) -> Resource:
    return {
        "timeout": f"{check.timeout_s}s",
        "interval": f"{check.interval_s}s",
        "no_traffic_interval": f"{check.interval_s}s",
        "healthy_threshold": check.healthy_after,
        "unhealthy_threshold": check.unhealthy_after,
        "reuse_connection": False,
        "http_health_check": {
            "path": check.path,
            "expected_statuses": [{"start": low, "end": high + 1} for low, high in code_ranges(check.codes)],
            "request_headers_to_add": [set_header("user-agent", "ELB-HealthChecker/2.0")],
        },
    }


def code_ranges(matcher: str) -> list[tuple[int, int]]:
    """AWS's matcher (`200`, `200,301`, `200-299`) as inclusive ranges."""
    ranges = []
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        ranges.append((int(low), int(high or low)))
    return ranges


def endpoints_file(arn: str) -> str:
    """The name of the file with a target group's endpoints. Envoy wants exactly one assignment per file."""
    return f"eds-{cluster_name(arn)}.json"


def load_assignment(group: TargetGroup, endpoints: Iterable[Endpoint]) -> Resource:
    """The endpoints of one target group's cluster."""
    return {
        "@type": TYPES + "envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": cluster_name(group.arn),
        "endpoints": [{"lb_endpoints": [_lb_endpoint(group, endpoint) for endpoint in endpoints]}],
    }


def _lb_endpoint(group: TargetGroup, endpoint: Endpoint) -> Resource:
    resource: Resource = {"address": _socket_address(endpoint.address, endpoint.port)}
    if group.health_check:
        port = group.health_check.port or endpoint.port
        resource["health_check_config"] = {"port_value": port, "hostname": f"{endpoint.address}:{port}"}
    return {"endpoint": resource}


def _socket_address(address: str, port: int) -> Resource:
    return {"socket_address": {"address": address, "port_value": port}}


def _file_source(path: Path) -> Resource:
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}

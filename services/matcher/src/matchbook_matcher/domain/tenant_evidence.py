"""What is told of a tenant and an organization it may be."""

from matchbook_matcher.domain.digests import short_digest
from matchbook_matcher.domain.pairs import Evidence, shown
from matchbook_matcher.domain.tenant_forms import Findings, Forms, Organization, Overlap, Tenant


def fingerprint(tenant: Forms, organization: Forms, overlap: Overlap) -> str:
    names = [" ".join(name.all_words) for name in organization.names]
    sides = [*(" ".join(name.all_words) for name in tenant.names), names[0], *sorted(names[1:])]
    parts = [*sides, ",".join(sorted(tenant.domains)), ",".join(sorted(organization.domains)), overlap]
    return short_digest("\x1f".join(parts))


def evidence_of(tenant: Tenant, organization: Organization, findings: Findings) -> tuple[Evidence, ...]:
    told = [_name_evidence(tenant, organization, findings)]
    if findings.alias is not None:
        told.append(
            {
                "field": "alias",
                "verdict": "agree",
                "device_value": shown(tenant.display_name),
                "documented_value": shown(findings.alias),
            }
        )
    told += _domain_evidence(tenant, organization, findings)
    if findings.common:
        told.append(
            {
                "field": "device_overlap",
                "verdict": "agree" if findings.overlap == "most" else "similar",
                "documented_value": f"{findings.common} of {tenant.serials} serial numbers",
            }
        )
    if organization.holder not in (None, tenant.tenant_id):
        told.append({"field": "organization", "verdict": "disagree", "reason": "matched to another tenant already"})
    return tuple(told)


def _name_evidence(tenant: Tenant, organization: Organization, findings: Findings) -> Evidence:
    evidence: Evidence = {
        "field": "display_name",
        "verdict": "disagree",
        "device_value": shown(tenant.display_name),
        "documented_value": shown(organization.name),
    }
    name = findings.name
    if name.equal:
        evidence["verdict"] = "agree"
    elif name.same:
        evidence["verdict"] = "similar"
        evidence["reason"] = "a word misspelt or abbreviated" if name.slips else "one name has a note"
    elif findings.initials:
        evidence["verdict"], evidence["reason"] = "similar", "initials"
    elif name.common:
        namesake = name.branch or bool(name.only_first and name.only_second)
        evidence["verdict"] = "disagree" if namesake else "similar"
        evidence["reason"] = _namesake_reason(findings) if namesake else "some words in common"
    return evidence


def _namesake_reason(findings: Findings) -> str:
    if findings.name.only_first and findings.name.only_second:
        return "both names have words that the other lacks"
    return "a word that tells sister companies apart is in one name only"


def _domain_evidence(tenant: Tenant, organization: Organization, findings: Findings) -> list[Evidence]:
    theirs = shown(", ".join(sorted(organization.domains)))
    if findings.domains:
        common = shown(", ".join(findings.domains))
        evidence: Evidence = {
            "field": "verified_domains",
            "verdict": "agree",
            "device_value": common,
            "documented_value": common,
        }
        if findings.shared_domain:
            evidence["reason"] = "documented for several organizations"
        return [evidence]
    if findings.label is not None and findings.labelled is not None:
        borne = {"initials": "the organization's initials", "part": "part of the organization's name"}
        reason = "the domain bears " + borne.get(findings.label, "the organization's name")
        bears = shown(findings.labelled)
        return [{"field": "verified_domains", "verdict": "similar", "device_value": bears, "reason": reason}]
    if findings.domains_disagree:
        mine = shown(", ".join(sorted(tenant.domains)))
        return [{"field": "verified_domains", "verdict": "disagree", "device_value": mine, "documented_value": theirs}]
    return []

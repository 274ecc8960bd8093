"""A report as JUnit XML, which build servers show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from .report import FrameReport, VerificationReport

# XML 1.0 has no way to write these; metadata may hold them.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: VerificationReport) -> bytes:
    """One test case for each frame and each problem.

    What differs is a failure; what is missing, unreadable or not verifiable is an error, so that no build server
    takes it for passed or skipped.

    Parameters
    ----------
    report : VerificationReport
        Of a folder or of image sets.

    Returns
    -------
    bytes
        A JUnit XML document in UTF-8.
    """
    suite = ET.Element("testsuite", name="htj2k verify")
    for frame in report.frames:
        _add_frame(suite, frame)
    for problem in report.problems:
        case = ET.SubElement(suite, "testcase", classname="problem", name=_clean(problem.where))
        ET.SubElement(case, "error", type="problem", message=_clean(problem.message))
    counts = {kind: len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error")}
    seconds = sum(frame.seconds for frame in report.frames)
    suite.attrib.update(
        tests=str(len(suite)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped="0",
        time=f"{seconds:.3f}",
    )
    suites = ET.Element("testsuites", suite.attrib)
    suites.append(suite)
    document: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_frame(suite: ET.Element, frame: FrameReport) -> None:
    place = (frame.image_set_id, frame.series_instance_uid, frame.sop_instance_uid)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean("/".join(filter(None, place))),
        name=_clean(f"frame {frame.frame_index} ({frame.frame_id})"),
        time=f"{frame.seconds:.3f}",
    )
    if frame.ok:
        return
    kind = "failure" if frame.status == "mismatch" else "error"
    fault = ET.SubElement(case, kind, type=frame.status, message=_clean(frame.reason))
    fault.text = "\n".join(_clean(level["reason"]) for level in frame.levels if level["reason"])


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)

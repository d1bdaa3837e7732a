#!/bin/sh
# Everything that must hold: style, types, tests, and every branch of the core. All of it runs,
# whatever fails first; pytest's closing line comes last. Arguments go to pytest.
set -u
cd "$(dirname "$0")/.."
bin="$PWD/.venv/bin"
report="$(mktemp)"
trap 'rm -f "$report"' EXIT
failed=""
step() {
    name="$1"
    shift
    echo "==> $name"
    "$@" || failed="$failed, $name"
}

run_pytest() {
    # A pipe would hide the exit status, so the status travels in a file of its own.
    {
        "$bin/python" tests/loopback_only.py "$bin/python" -m pytest -n "${TEST_JOBS:-2}" --dist loadfile \
            --cov --cov-report= "$@"
        echo $? >"$report.status"
    } 2>&1 |
        tee "$report"
    status="$(cat "$report.status")"
    rm -f "$report.status"
    return "$status"
}

pure='vision/core/*'
pure="$pure,vision/bundles/evidence_proofs.py,vision/bundles/judging.py,vision/bundles/manifest.py"
pure="$pure,vision/bundles/proofs.py,vision/bundles/trust.py,vision/bundles/zip_layout.py"
pure="$pure,vision/evidence/clip_plan.py,vision/evidence/mp4_boxes.py,vision/evidence/packet_facts.py"
pure="$pure,vision/evidence/places.py,vision/evidence/retention.py,vision/evidence/sealed_form.py"
pure="$pure,vision/evidence/timeline.py"
pure="$pure,console/clocks.py,console/identities.py,console/story*.py,console/timelines.py"
pure="$pure,console/tracks.py,console/words.py,console/replay/document.py,console/report/typeset.py"
pure="$pure,vision/live/following.py,vision/live/protocol.py"
for name in anonymous charges comparing matching seen timelines whereabouts; do
    pure="$pure,vision/bundles/$name.py"
done
core_is_covered() {
    "$bin/coverage" report --include="$pure" --skip-covered --show-missing --fail-under=100
}

step "Style" "$bin/ruff" check --quiet .
step "Format" "$bin/ruff" format --check --quiet .
step "Types" "$bin/mypy"
step "Tests" run_pytest "$@"
step "Every branch of the core" core_is_covered

[ -z "$failed" ] || echo "==> Failed: ${failed#, }"
tail -n 1 "$report"
[ -z "$failed" ]

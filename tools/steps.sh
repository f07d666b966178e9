# SPDX-License-Identifier: Apache-2.0
# For .ci/run and script/verify: runs steps, stops at the first step that fails, and counts the tests of all steps in
# the last line.
export CI=1

passed=0
failed=0
log=$(mktemp)
finish() {
  rm -f "$log"
  echo
  echo "$passed passed, $failed failed"
}
trap finish EXIT

# step NAME COMMAND...
step() {
  local name=$1 began=$SECONDS status=0 counts
  shift
  printf '\n=== %s\n' "$name"
  "$@" </dev/null 2>&1 | tee "$log" || status=$?
  # ctest says "97% tests passed, 3 tests failed out of 100", the others "passed" once for each way.
  counts=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log")
  if [[ -n $counts ]]; then
    passed=$((passed + ${counts#* } - ${counts% *}))
    failed=$((failed + ${counts% *}))
  elif [[ $status == 0 ]]; then
    passed=$((passed + $(grep -cE '^(check|consumer|docs|generated|packages|page) .*: passed' "$log" || true)))
  else
    failed=$((failed + 1))
  fi
  printf '=== %s: %s, %d s\n' "$name" "$([[ $status == 0 ]] && echo passed || echo failed)" $((SECONDS - began))
  [[ $status == 0 ]] || exit 1
}

#!/usr/bin/env bash
# Opens or updates one issue for the claims that differ from the baseline both tonight and last night.
# usage: nightly_issue.sh TONIGHT LAST_NIGHT
# Both are files with the failing lines of `lth compare`. The first then replaces the second.
set -euo pipefail
tonight=$1 last_night=$2 title="A verdict differs from the baseline"
mkdir -p "$(dirname "$last_night")"
touch "$last_night"
claims() { sed -n 's/^changed: \([^:]*\):.*/\1/p' "$1" | sort -u; }
twice=$(comm -12 <(claims "$tonight") <(claims "$last_night"))
if [ -n "$twice" ]; then
    body=$(printf 'On two nights in a row:\n\n'; grep -F -f <(printf '%s\n' "$twice") "$tonight" | sed 's/^changed: /- /')
    number=$(gh issue list --state open --search "in:title \"$title\"" --json number --jq '.[0].number')
    if [ -n "$number" ]; then
        gh issue comment "$number" --body "$body"
    else
        gh issue create --title "$title" --body "$body"
    fi
fi
cp "$tonight" "$last_night"

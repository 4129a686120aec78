"""Problems of the set as a whole: entries that do not fit together, and the catalog of business events."""

from __future__ import annotations

from collections.abc import Mapping

from runner.definitions.problem_codes.codes import Code, Explanation

WHOLE_SET: Mapping[Code, Explanation] = {
    Code.DUPLICATE_ID: Explanation(
        "two bulletins of the set have the same id",
        "The ledger knows each bulletin by its id. With the same id, only one of the two would ever be sent.",
        "- id: sa-re-ga-ma-12\n- id: sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12\n- id: sa-re-ga-ma-13",
    ),
    Code.DUPLICATE_NAME: Explanation(
        "two files define the same account or business event",
        "Only the order of the files would decide which of the two definitions is used.",
        "accounts.yaml: {india: ...}, more.yaml: {india: ...}",
        "accounts.yaml: {india: ...}, more.yaml: {india-test: ...}",
    ),
    Code.DUPLICATE_PAYLOAD: Explanation(
        "two bulletins would send the same payload to the same account at the same time",
        "Usually somebody copied an entry and changed only its id. People would get the same message twice.",
        "- {id: a, name: Episode 12, ...}\n- {id: b, name: Episode 12, ...}",
        "- {id: a, name: Episode 12, ...}\n- {id: b, name: Episode 13, ...}  # or allow_duplicate: true",
    ),
    Code.DUPLICATE_ACCOUNT: Explanation(
        "two accounts of the set are the same CleverTap account",
        "The ledger knows accounts by their names. With two names, the same people would get a bulletin twice. Accounts"
        " count as the same if both are at CleverTap, or at the same other host and port, and account_id_env is equal.",
        "india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}\n"
        "bharat: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}",
        "india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}",
    ),
    Code.ID_IS_PASSCODE: Explanation(
        "account_id_env names the variable that contains a passcode",
        "Account ids are not secret: servers write them to logs. A passcode used as an account id would be exposed.",
        "account_id_env: CLEVERTAP_INDIA_PASSCODE\npasscode_env: CLEVERTAP_INDIA_PASSCODE",
        "account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID\npasscode_env: CLEVERTAP_INDIA_PASSCODE",
    ),
    Code.UNKNOWN_ACCOUNT: Explanation(
        "a bulletin names an account that is not defined",
        "The bulletin would never be sent, and nobody would notice at release time.",
        "accounts: [inda]",
        "accounts: [india]",
    ),
    Code.ACCOUNT_NEEDED: Explanation(
        "a bulletin does not name its account",
        "The field accounts may be left out only if exactly one account is defined. The program never guesses.",
        "- id: sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12\n  accounts: [india]",
    ),
}

CATALOG: Mapping[Code, Explanation] = {
    Code.UNKNOWN_EVENT: Explanation(
        "a bulletin names a business event that is not in the catalog",
        "CleverTap would refuse the bulletin at release time with `Business Event Not Found`.",
        "business_event: Program Relased",
        "business_event: Program Released",
    ),
    Code.PROPERTY_MISSING: Explanation(
        "a property that the business event requires is missing",
        "CleverTap would refuse the bulletin at release time with `Property<name>missing`.",
        'properties: {program_id: "234567"}',
        'properties: {program_id: "234567", language: Hindi}',
    ),
    Code.PROPERTY_UNKNOWN: Explanation(
        "a property is not in the catalog of its business event",
        "CleverTap chooses the people by these properties. A misspelt property chooses nobody.",
        "properties: {langauge: Hindi}",
        "properties: {language: Hindi}",
    ),
    Code.PROPERTY_VALUE: Explanation(
        "the catalog does not allow this value for the property",
        "The catalog lists the values that people are chosen by. A bulletin with another value would reach nobody.",
        "properties: {language: hindi}",
        "properties: {language: Hindi}",
    ),
    Code.CATALOG_SCHEMA: Explanation(
        "the JSON Schema of a property in the catalog can't be used",
        "Write JSON Schema 2020-12 without references to other documents, and without look-around or \\1 in patterns.",
        "program_id: {pattern: '^[0-9+$'}",
        "program_id: {pattern: '^[0-9]+$'}",
    ),
}

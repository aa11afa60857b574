using System.Text.RegularExpressions;

namespace EnterpriseAI.Data.Classification;

/// <summary>The sensitive entities that are looked for.</summary>
internal static partial class EntityRules
{
    private static readonly ColumnType[] Text = [ColumnType.String];
    private static readonly ColumnType[] TextOrInteger = [ColumnType.String, ColumnType.Integer];
    private static readonly ColumnType[] Times = [ColumnType.Date, ColumnType.Timestamp, ColumnType.String];
    private static readonly ColumnType[] Numbers = [ColumnType.Integer, ColumnType.Double, ColumnType.Decimal, ColumnType.String];

    public static readonly IReadOnlyList<EntityRule> All =
    [
        Content("EmailAddress", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.99, 0.02, 0.7, "email", "e mail", "mail address"),
        Content("IpAddress", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.9, 0.2, 0.6, "ip", "ip address", "client ip", "remote addr"),
        Content("MacAddress", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.9, 0.2, 0.6, "mac", "mac address"),
        Content("PhoneNumber", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.8, 0.6, 0.75, "phone", "telephone", "mobile", "cell", "fax", "phone number", "tel") with
        {
            Types = TextOrInteger,
            Fits = v => v.Contains("PhoneNumber") || PlainPhone.IsMatch(v.Text),
        },
        Content("SocialSecurityNumber", ClassificationFramework.Pii, SensitivityLevel.Restricted, 0.9, 0.1, 0.8, "ssn", "social security", "social security number"),
        new("SocialSecurityNumber", ClassificationFramework.Pii, SensitivityLevel.Restricted)
        {
            // Nine bare digits are an order number as often as not: only the name makes them more.
            Types = TextOrInteger, Names = ["ssn", "social security", "social security number"], NameStrength = 0.8,
            ContentStrength = 0.3, RequiredShare = 0.8, Fits = v => v.Text.Length == 9 && Checksums.SocialSecurityNumber(v.Text),
        },
        Named("PersonName", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.9, Text, LooksLikeWords, "first name", "firstname", "last name", "lastname", "surname", "given name", "family name", "full name", "fullname", "middle name", "maiden name", "customer name", "patient name", "employee name", "contact name", "holder name", "cardholder name"),
        Named("StreetAddress", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.9, Text, LooksLikeWords, "street", "street address", "home address", "postal address", "mailing address", "address line", "address line1", "address1", "billing address", "shipping address"),
        Named("PostalCode", ClassificationFramework.Pii, SensitivityLevel.Internal, 0.6, TextOrInteger, null, "zip", "zipcode", "zip code", "postcode", "postal code"),
        Named("DateOfBirth", ClassificationFramework.Pii, SensitivityLevel.Confidential, 0.9, Times, v => HasDigits(v), "dob", "birth date", "birthdate", "date of birth", "birthday"),
        Named("Gender", ClassificationFramework.Pii, SensitivityLevel.Internal, 0.5, Text, null, "gender", "sex"),
        Named("Passport", ClassificationFramework.Pii, SensitivityLevel.Restricted, 0.9, TextOrInteger, HasDigits, "passport", "passport number", "passport no"),
        Named("DriverLicense", ClassificationFramework.Pii, SensitivityLevel.Restricted, 0.9, TextOrInteger, HasDigits, "driver license", "drivers license", "driver licence", "driving licence", "license number"),
        Named("NationalId", ClassificationFramework.Pii, SensitivityLevel.Restricted, 0.9, TextOrInteger, HasDigits, "national id", "tax id", "taxpayer id", "personnummer", "nino", "aadhaar", "codice fiscale"),
        Named("MedicalRecordNumber", ClassificationFramework.Phi, SensitivityLevel.Restricted, 0.9, TextOrInteger, HasDigits, "mrn", "medical record", "medical record number", "patient id"),
        Named("HealthPlanNumber", ClassificationFramework.Phi, SensitivityLevel.Restricted, 0.9, TextOrInteger, HasDigits, "health plan", "insurance number", "member id", "beneficiary id", "nhs number", "medicare"),
        Named("Diagnosis", ClassificationFramework.Phi, SensitivityLevel.Restricted, 0.85, Text, null, "diagnosis", "diagnoses", "icd", "icd10", "icd 10", "condition code"),
        new("Diagnosis", ClassificationFramework.Phi, SensitivityLevel.Restricted)
        {
            Names = ["diagnosis", "icd", "icd10", "icd 10", "dx"], NameStrength = 0.7,
            ContentStrength = 0.6, RequiredShare = 0.9, Fits = v => Icd10.IsMatch(v.Text),
        },
        Named("Medication", ClassificationFramework.Phi, SensitivityLevel.Restricted, 0.85, Text, LooksLikeWords, "medication", "medications", "prescription", "drug name", "allergies"),
        new("ProviderIdentifier", ClassificationFramework.Phi, SensitivityLevel.Confidential)
        {
            Types = TextOrInteger, Names = ["npi", "provider id", "national provider identifier"], NameStrength = 0.7,
            ContentStrength = 0.6, RequiredShare = 0.9, Fits = v => Checksums.ProviderIdentifier(v.Text),
        },
        Content("CreditCardNumber", ClassificationFramework.Financial, SensitivityLevel.Restricted, 0.95, 0.3, 0.7, "credit card", "card number", "cc number", "pan", "creditcard", "credit card number") with
        {
            Types = TextOrInteger,
        },
        Content("Iban", ClassificationFramework.Financial, SensitivityLevel.Restricted, 0.99, 0.02, 0.7, "iban"),
        Named("BankAccountNumber", ClassificationFramework.Financial, SensitivityLevel.Restricted, 0.9, TextOrInteger, HasDigits, "account number", "bank account", "acct number", "account no"),
        new("RoutingNumber", ClassificationFramework.Financial, SensitivityLevel.Confidential)
        {
            Types = TextOrInteger, Names = ["routing number", "aba", "routing"], NameStrength = 0.7,
            ContentStrength = 0.6, RequiredShare = 0.9, Fits = v => Checksums.RoutingNumber(v.Text.PadLeft(9, '0')),
        },
        Named("Income", ClassificationFramework.Financial, SensitivityLevel.Confidential, 0.85, Numbers, HasDigits, "salary", "income", "annual income", "wage", "compensation", "net worth", "credit score"),
    ];

    private static EntityRule Content(
        string entity, ClassificationFramework framework, SensitivityLevel level, double strength, double share, double nameStrength, params string[] names) =>
        new(entity, framework, level)
        {
            ContentStrength = strength,
            RequiredShare = share,
            Fits = v => v.Contains(entity),
            Names = names,
            NameStrength = nameStrength,
        };

    private static EntityRule Named(
        string entity, ClassificationFramework framework, SensitivityLevel level, double strength, ColumnType[] types, Func<ColumnValue, bool>? plausible, params string[] names) =>
        new(entity, framework, level) { Names = names, NameStrength = strength, Types = types, Fits = plausible };

    private static bool LooksLikeWords(ColumnValue value) => value.Text.Any(char.IsLetter);

    private static bool HasDigits(ColumnValue value) => value.Text.Any(char.IsAsciiDigit);

    [GeneratedRegex(@"\A(?:\+|00)?[1-9]\d{6,14}\z|\A0\d{8,12}\z")]
    private static partial Regex PlainPhone { get; }

    [GeneratedRegex(@"\A[A-TV-Z]\d[0-9AB](?:\.?[0-9A-KXZ]{1,4})?\z")]
    private static partial Regex Icd10 { get; }
}

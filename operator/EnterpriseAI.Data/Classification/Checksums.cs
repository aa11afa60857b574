namespace EnterpriseAI.Data.Classification;

/// <summary>The check digits of identifiers; what turns a shape into evidence.</summary>
internal static class Checksums
{
    /// <summary>The length of an IBAN by country (ISO 13616 registry).</summary>
    private static readonly Dictionary<string, int> IbanLengths = Parse(
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 "
        + "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 "
        + "LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 "
        + "SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30");

    /// <summary>ISO/IEC 7812-1; characters that are no digits are passed over.</summary>
    public static bool Luhn(ReadOnlySpan<char> text, int initial = 0)
    {
        var sum = initial;
        var twice = false;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(text[i])) continue;
            var digit = text[i] - '0';
            if (twice && (digit *= 2) > 9) digit -= 9;
            sum += digit;
            twice = !twice;
        }

        return sum % 10 == 0;
    }

    /// <summary>A payment card: a number range in use, the length that belongs to it, and Luhn.</summary>
    public static bool PaymentCard(ReadOnlySpan<char> text)
    {
        Span<char> digits = stackalloc char[19];
        var length = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) continue;
            if (length == digits.Length) return false;
            digits[length++] = c;
        }

        if (length < 12) return false;
        digits = digits[..length];
        var prefix = int.Parse(digits[..4]);
        var known = prefix switch
        {
            >= 4000 and <= 4999 => length is 13 or 16 or 19,
            (>= 5100 and <= 5599) or (>= 2221 and <= 2720) => length == 16,
            (>= 3400 and <= 3499) or (>= 3700 and <= 3799) => length == 15,
            (>= 3000 and <= 3059) or (>= 3600 and <= 3699) or (>= 3800 and <= 3999) => length is >= 14 and <= 19,
            >= 3528 and <= 3589 => length is >= 16 and <= 19,
            // Issued in the past and still in test data: JCB's 15 digits.
            2131 or 1800 => length == 15,
            6011 or (>= 6200 and <= 6299) or (>= 6440 and <= 6599) => length is >= 16 and <= 19,
            5018 or 5020 or 5038 or 5893 or 6304 or 6759 or (>= 6761 and <= 6763) => true,
            _ => false,
        };
        return known && digits.ContainsAnyExcept('0') && Luhn(digits);
    }

    /// <returns>The length of the IBAN that <paramref name="text"/> begins with, spaces included; 0 when it begins with none.</returns>
    public static int Iban(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || !IbanLengths.TryGetValue(text[..2].ToString().ToUpperInvariant(), out var expected)) return 0;
        Span<char> compact = stackalloc char[34];
        int length = 0, end = 0;
        while (end < text.Length && length < expected)
        {
            if (text[end] != ' ') compact[length++] = char.ToUpperInvariant(text[end]);
            end++;
        }

        if (length < expected) return 0;
        var remainder = 0;
        for (var i = 0; i < expected; i++)
        {
            var c = compact[(i + 4) % expected];
            if (char.IsAsciiDigit(c)) remainder = ((remainder * 10) + (c - '0')) % 97;
            else if (char.IsAsciiLetterUpper(c)) remainder = ((remainder * 100) + (c - 'A' + 10)) % 97;
            else return 0;
        }

        return remainder == 1 ? end : 0;
    }

    /// <summary>A US social security number that can have been issued: nine digits, any separators.</summary>
    public static bool SocialSecurityNumber(ReadOnlySpan<char> text)
    {
        Span<char> digits = stackalloc char[9];
        var length = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) continue;
            if (length == 9) return false;
            digits[length++] = c;
        }

        if (length != 9) return false;
        var area = int.Parse(digits[..3]);
        return area is not (0 or 666 or >= 900) && digits[3..5] is not "00" && digits[5..] is not "0000"
            // Printed on wallets and in advertisements.
            && digits is not "078051120" && digits is not "219099999" && digits is not "123456789" && digits.ContainsAnyExcept(digits[0]);
    }

    /// <summary>A US bank routing number (ABA): weights 3, 7, 1.</summary>
    public static bool RoutingNumber(ReadOnlySpan<char> text)
    {
        if (text.Length != 9 || text.ContainsAnyExceptInRange('0', '9')) return false;
        var area = int.Parse(text[..2]);
        if (area is not ((>= 1 and <= 12) or (>= 21 and <= 32) or (>= 61 and <= 72) or 80)) return false;
        var sum = 0;
        for (var i = 0; i < 9; i++) sum += (text[i] - '0') * ((i % 3) switch { 0 => 3, 1 => 7, _ => 1 });
        return sum % 10 == 0;
    }

    /// <summary>A US National Provider Identifier: ten digits, Luhn as if prefixed with 80840, which adds 24.</summary>
    public static bool ProviderIdentifier(ReadOnlySpan<char> text) =>
        text.Length == 10 && text[0] is '1' or '2' && !text.ContainsAnyExceptInRange('0', '9') && Luhn(text, initial: 24);

    private static Dictionary<string, int> Parse(string list) =>
        list.Split(' ').ToDictionary(entry => entry[..2], entry => int.Parse(entry.AsSpan(2)));
}

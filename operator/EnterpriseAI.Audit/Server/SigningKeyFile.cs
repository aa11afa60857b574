using System.Text;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Storage;

namespace EnterpriseAI.Audit.Server;

/// <summary>Finds the key of a log, or makes it on the first start.</summary>
internal static class SigningKeyFile
{
    public const string DefaultName = "key";

    /// <exception cref="FormatException">The file is no key, or is the key of another log.</exception>
    /// <exception cref="LogDamagedException">There is a log in the directory, and its key is gone.</exception>
    public static LogSigningKey Load(AuditServerOptions options, ILogFiles files)
    {
        var path = options.KeyFile ?? Path.Combine(options.Directory, DefaultName);
        LogSigningKey key;
        if (options.KeyFile is not null || File.Exists(path))
        {
            try
            {
                key = LogSigningKey.Parse(File.ReadAllText(path));
            }
            catch (FormatException e)
            {
                throw new FormatException($"{path}: {e.Message}", e);
            }
        }
        else if (files.Read(Checkpoint.FileName) is not null)
        {
            throw new LogDamagedException(DefaultName, "the file is missing, but there is a log signed with it: restore it, or name it with --key");
        }
        else
        {
            key = Create(options, files, path);
        }
        if (options.Origin is { } origin && origin != key.Verifier.Name)
            throw new FormatException($"{path}: the key is of the log '{key.Verifier.Name}', not of --origin '{origin}'");
        return key;
    }

    private static LogSigningKey Create(AuditServerOptions options, ILogFiles files, string path)
    {
        var key = LogSigningKey.Generate(options.Origin ?? AuditServerOptions.DefaultOrigin);
        var temporary = path + ".tmp";
        File.Delete(temporary);
        var ownerOnly = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) ownerOnly.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, ownerOnly))
        {
            file.Write(Encoding.UTF8.GetBytes(key.ToSecretText() + "\n"));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path);
        files.SyncFolder("");
        return key;
    }
}

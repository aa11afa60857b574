namespace EnterpriseAI.Kubernetes;

/// <summary>Short ways to ask what is often asked of an object.</summary>
public static class KubernetesObjectExtensions
{
    extension(IKubernetesObject obj)
    {
        /// <summary>The name, empty when there is none yet.</summary>
        public string Name => obj.Metadata.Name ?? "";

        /// <summary>The namespace, null when cluster-scoped.</summary>
        public string? Namespace => obj.Metadata.Namespace;

        /// <summary>Deletion was asked for.</summary>
        public bool IsDeleting => obj.Metadata.DeletionTimestamp is not null;

        /// <summary>The owner that manages the object, if any.</summary>
        public V1OwnerReference? ControllerOwner
        {
            get
            {
                foreach (var owner in obj.Metadata.OwnerReferences ?? [])
                {
                    if (owner.Controller is true)
                        return owner;
                }

                return null;
            }
        }

        /// <summary>The value of a label, or null.</summary>
        public string? Label(string key) => obj.Metadata.Labels?.GetValueOrDefault(key);

        /// <summary>The value of an annotation, or null.</summary>
        public string? Annotation(string key) => obj.Metadata.Annotations?.GetValueOrDefault(key);

        /// <summary>The object carries the finalizer.</summary>
        public bool HasFinalizer(string finalizer) => obj.Metadata.Finalizers?.Contains(finalizer) is true;
    }
}
